# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The lifecycle node: states, parameters, services and diagnostics; `pipeline.py` processes the frames."""

from __future__ import annotations

import dataclasses
import gc
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from rcl_interfaces.msg import SetParametersResult
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter

from bgflow_ros.node import diagnostics, heap, parameters
from bgflow_ros.node.compatibility import call_after_parameters_are_set
from bgflow_ros.node.drops import Drops
from bgflow_ros.node.fastdds import choose_shared_memory
from bgflow_ros.node.guarded import Guarded, transition
from bgflow_ros.node.outputs import Outputs
from bgflow_ros.node.pipeline import Pipeline
from bgflow_ros.node.running import run_node
from bgflow_ros.node.services import Services
from bgflow_ros.node.status import Counts, Faults, Inference, NodeStatus
from bgflow_ros.node.subscription import STEADY
from bgflow_ros.node.thresholds import SettingsError, Thresholds
from bgflow_ros.segmentation.files import expand
from bgflow_ros.segmentation.model import Model, ModelError
from bgflow_ros.segmentation.recovery import Recovery
from bgflow_ros.segmentation.refinement import Refinement, Refiner
from bgflow_ros.segmentation.runtime import DeviceError
from bgflow_ros.segmentation.segmenter import Segmenter

__all__ = ["SegmenterNode", "facts", "main"]


class SegmenterNode(Guarded, LifecycleNode):
    """Segments the newest image of one camera; `doc/node.md` describes topics, parameters, services and lifecycle.

    Args:
        make_segmenter: creates the segmenter from the arguments of `Segmenter`.
        make_pipeline: creates the pipeline, which processes frames while the node is active, from those of `Pipeline`.
    """

    def __init__(
        self,
        make_segmenter: Callable[[Model, str, int, str], Segmenter] = Segmenter,
        make_pipeline: Callable[..., Pipeline] = Pipeline,
    ) -> None:
        super().__init__("segmenter")
        self._make_segmenter, self._make_pipeline = make_segmenter, make_pipeline
        parameters.declare(self)
        self.drops = Drops(self.get_logger().warning)
        self._refiner = Refiner()
        self._inference: Recovery | None = None
        self._outputs: Outputs | None = None
        self._pipeline: Pipeline | None = None
        self._thresholds = Thresholds(self._set_own)
        self._earlier = 0, 0
        self._untidy = False
        self.add_on_set_parameters_callback(self._check_parameters)
        call_after_parameters_are_set(self, self._apply_parameters)
        Services(self, lambda: self._pipeline, self._refiner, self._load_beside, self._take)
        self._complaints = diagnostics.Complaints(self.get_logger().warning)
        self._diagnostics = self.create_publisher(DiagnosticArray, "/diagnostics", 10)
        self.create_timer(diagnostics.PERIOD, self._report, clock=STEADY)
        self.create_timer(heap.PERIOD, heap.give_back_freed_memory, clock=STEADY)

    # Lifecycle

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load and warm up the model and create the publishers; failure leaves the node unconfigured."""
        try:
            self._load(parameters.read(self))
            self._outputs = Outputs(self)
        except (SettingsError, ModelError, DeviceError, OSError) as error:
            return self._not_configured(str(error))
        except Exception as error:  # from a driver or a library; the node can be configured again
            return self._not_configured(f"{type(error).__name__}: {error}")
        self.refusal = ""
        return TransitionCallbackReturn.SUCCESS

    def _load(self, settings: parameters.Settings) -> None:
        parameters.check(settings)
        body = parameters.read_body(settings.ignore_image)
        if body is not None and not body.any():
            self.get_logger().warning(f"ignore_image {settings.ignore_image} marks nothing: all black or transparent")
        model = Model.load(str(expand(settings.model)), settings.max_graph_mb << 20)
        inference = self._infer(model, settings)
        self._thresholds.take_from(model, settings)
        self._refiner.refinement = Refinement(body=body)
        self._use(inference)

    def _infer(self, model: Model, settings: parameters.Settings) -> Recovery:
        """Make inference with a model; any thread may call it."""

        def make(device: str) -> Segmenter:
            # A replacement for the requested device may not offer the precision that was requested for that one.
            precision = settings.precision if device == settings.device else "auto"
            return self._make_segmenter(model, device, settings.threads, precision)

        return Recovery(make, settings.device, self.get_logger().error)

    def _use(self, inference: Recovery) -> None:
        self._inference = inference
        self._apply_parameters([])
        segmenter = inference.segmenter
        model = segmenter.model
        self.get_logger().info(
            f"model {model.name} ({model.sha256[:12]}), {model.width}x{model.height}, on {segmenter.runtime.device} "
            f"in {segmenter.runtime.precision}, {segmenter.runtime.threads} CPU threads; "
            f"foreground below {segmenter.thresholds[0]:.3f}, static above {segmenter.thresholds[1]:.3f}"
        )

    # Another model while the node is active

    def _load_beside(self, folder: Path) -> Recovery:
        settings = parameters.read(self)
        return self._infer(Model.load(str(folder), settings.max_graph_mb << 20), settings)

    def _take(self, inference: Recovery) -> None:
        """Let the next image be segmented by another model; thresholds that the user has not set are its own."""
        self._thresholds.change_to(inference.segmenter.model, parameters.read(self))
        self._use(inference)
        assert self._pipeline is not None
        self._pipeline.segment = inference

    def _not_configured(self, reason: str) -> TransitionCallbackReturn:
        self._free()
        self.refuse(reason)
        return TransitionCallbackReturn.FAILURE

    @transition
    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Subscribe to the camera and start the inference thread."""
        assert self._inference is not None
        assert self._outputs is not None
        self._refiner.reset()
        self._pipeline = self._make_pipeline(
            self, parameters.read(self), self._inference, self._refiner, self._outputs, self.drops
        )
        activated = super().on_activate(state)
        self._outputs.announce()
        return activated

    @transition
    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Unsubscribe and end the inference thread; the model stays loaded."""
        self._pause()
        return super().on_deactivate(state)

    @transition
    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Free the model."""
        self._free()
        return TransitionCallbackReturn.SUCCESS

    @transition
    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Free everything, from any state."""
        self._pause()
        self._free()
        return TransitionCallbackReturn.SUCCESS

    @transition
    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Free everything after a transition that failed; the node is unconfigured again."""
        self.get_logger().error(f"a transition from {state.label} failed; the node is unconfigured")
        self._pause()
        self._free()
        return TransitionCallbackReturn.SUCCESS

    def stop(self) -> None:
        """End the inference thread, in any state and also when ROS has already shut down."""
        if self._pipeline is not None:
            self._pipeline.stop()

    def _pause(self) -> None:
        if self._pipeline is None:
            return
        self._pipeline.destroy()
        answered = self._pipeline.answered
        self._earlier, self._pipeline = self._totals(), None
        self._untidy = True
        dropped = ", ".join(f"{count} {cause}" for cause, count in self.drops.so_far().items()) or "none"
        self.get_logger().info(f"answered {answered} frames; dropped since the start: {dropped}")

    def _totals(self) -> tuple[int, int]:
        """Frames received and answered since the start, over all times at which the node was active."""
        received, answered = self._earlier
        if self._pipeline is None:
            return received, answered
        return received + self._pipeline.received, answered + self._pipeline.answered

    def _free(self) -> None:
        if self._outputs is not None:
            self._outputs.destroy()
            self._outputs = None
        self._inference = None
        self._untidy = True
        self._thresholds.release()

    # Parameters

    def _check_parameters(self, changes: list[Parameter[Any]]) -> SetParametersResult:
        current = vars(parameters.read(self))
        settings = current | {change.name: change.value for change in changes}
        known = parameters.Settings(**{name: settings[name] for name in parameters.BY_NAME})
        for change in changes:
            if change.name in current and change.value == current[change.name]:
                continue  # nothing changes: `ros2 param load` sets every parameter of its file
            reason = parameters.refusal(change.name, change.value, known, self._inference is not None)
            if reason:
                return SetParametersResult(successful=False, reason=reason)
        return SetParametersResult(successful=True)

    def _apply_parameters(self, changes: list[Parameter[Any]]) -> None:
        self._thresholds.keep(change.name for change in changes)
        if self._inference is None:
            return
        settings = parameters.read(self)
        self._thresholds.apply(settings, self._inference.segmenter)
        self._refiner.refinement = dataclasses.replace(
            self._refiner.refinement, dilate=settings.dilate, min_area=settings.min_area, hold=settings.hold
        )
        if self._pipeline is not None:
            self._pipeline.take(settings)

    def _set_own(self, values: Mapping[str, float]) -> None:
        self.set_parameters_atomically([Parameter(name, value=value) for name, value in values.items()])

    def _tidy(self) -> None:
        """Free objects that the last transition left in reference cycles: callbacks, frames and perhaps a model.

        Python would collect them at an arbitrary time. During the transition itself the executor still refers to them.
        """
        self._untidy = False
        gc.collect()
        heap.give_back_freed_memory()

    # Diagnostics

    def _report(self) -> None:
        if self._untidy:
            self._tidy()
        inference, pipeline = self._inference, self._pipeline
        received, answered = self._totals()
        configured = "inactive" if inference else "unconfigured"
        raised, failure = self.failure
        status = NodeStatus(
            self.get_fully_qualified_name(),
            "active" if pipeline else configured,
            counts=Counts(received, answered, self.drops.so_far(), tuple(self.drops.uncounted)),
            faults=Faults(self.refusal, failure if time.monotonic() - raised < 2 * diagnostics.PERIOD else ""),
        )
        if inference is not None:
            status = dataclasses.replace(status, inference=Inference(facts(inference.segmenter), inference.degraded))
        if pipeline is not None:
            status = pipeline.add_to(status)
        self._complaints.update((status.camera.obstacle, *status.faults.complaints, diagnostics.doubtful_view(status)))
        message = DiagnosticArray(status=[diagnostics.diagnostic_status(status)])
        message.header.stamp = self.get_clock().now().to_msg()
        self._diagnostics.publish(message)


def facts(segmenter: Segmenter) -> dict[str, str]:
    """Describe a segmenter for the diagnostics: model, SHA-256, device, precision and CPU threads."""
    model, runtime = segmenter.model, segmenter.runtime
    return {
        "model": model.name,
        "sha256": model.sha256,
        "device": runtime.device,
        "precision": runtime.precision,
        "threads": str(runtime.threads),
    }


def main(make: Callable[[], SegmenterNode] = SegmenterNode) -> int:
    """Run the node that `make` creates until it is told to stop; return 2 where ROS refuses its arguments."""
    heap.keep_freed_memory()  # for other entry points; `segment` has done it before libraries started threads
    choose_shared_memory(os.environ)
    return run_node("segment", make, _autostart)


def _autostart(node: SegmenterNode) -> None:
    if parameters.read(node).autostart and node.trigger_configure() == TransitionCallbackReturn.SUCCESS:
        node.trigger_activate()
