# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The lifecycle node: states, parameters, services and diagnostics. What happens to a frame stands in `pipeline.py`."""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import os
import re
import sys
import time
from collections.abc import Callable
from typing import Any

import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from rcl_interfaces.msg import SetParametersResult
from rclpy.exceptions import InvalidParameterTypeException, InvalidParameterValueException
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter

from bgflow_ros.node import diagnostics, heap, parameters
from bgflow_ros.node.compatibility import call_after_parameters_are_set, running_ros
from bgflow_ros.node.drops import Drops
from bgflow_ros.node.fastdds import choose_shared_memory, touch_shared_memory
from bgflow_ros.node.guarded import Guarded, transition
from bgflow_ros.node.outputs import Outputs
from bgflow_ros.node.pipeline import Pipeline
from bgflow_ros.node.services import Services
from bgflow_ros.node.subscription import STEADY
from bgflow_ros.segmentation.files import expand
from bgflow_ros.segmentation.model import Model, ModelError
from bgflow_ros.segmentation.recovery import Recovery
from bgflow_ros.segmentation.refinement import Refinement, Refiner
from bgflow_ros.segmentation.runtime import DeviceError
from bgflow_ros.segmentation.segmenter import Segmenter

__all__ = ["SegmenterNode", "facts", "main"]


class SegmenterNode(Guarded, LifecycleNode):
    """Segments the newest image of one camera; `doc/node.md` describes topics, parameters, services and lifecycle."""

    segmenter_class: type[Segmenter] = Segmenter
    pipeline_class: type[Pipeline] = Pipeline
    """What segments, and what carries frames; the benchmark's node has ones that take their own time."""

    def __init__(self) -> None:
        super().__init__("segmenter")
        parameters.declare(self)
        self.drops = Drops(self.get_logger().warning)
        self._refiner = Refiner()
        self._inference: Recovery | None = None
        self._outputs: Outputs | None = None
        self._pipeline: Pipeline | None = None
        self._own_thresholds: list[str] = []
        self._earlier = 0, 0
        self._untidy = False
        self.add_on_set_parameters_callback(self._check_parameters)
        call_after_parameters_are_set(self, self._apply_parameters)
        Services(self, lambda: self._pipeline, self._refiner)
        self._complaints = diagnostics.Complaints(self.get_logger().warning)
        self._diagnostics = self.create_publisher(DiagnosticArray, "/diagnostics", 10)
        self.create_timer(diagnostics.PERIOD, self._report, clock=STEADY)
        self.create_timer(heap.PERIOD, heap.give_back_freed_memory, clock=STEADY)

    # Lifecycle

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load and warm up the model, make the publishers. Failure leaves the node unconfigured."""
        try:
            self._load(parameters.read(self))
            self._outputs = Outputs(self)
        except (parameters.SettingsError, ModelError, DeviceError, OSError) as error:
            return self._not_configured(str(error))
        except Exception as error:  # of a driver or a library: told like the rest, and configure may be tried again
            return self._not_configured(f"{type(error).__name__}: {error}")
        self.refusal = ""
        return TransitionCallbackReturn.SUCCESS

    def _load(self, settings: parameters.Settings) -> None:
        parameters.check(settings)
        body = parameters.read_body(settings.ignore_image)
        if body is not None and not body.any():
            self.get_logger().warning(f"ignore_image {settings.ignore_image} marks nothing: all black or transparent")
        model = Model.load(str(expand(settings.model)))

        def make(device: str) -> Segmenter:
            # Another device than the one asked for is a makeshift, to which a precision of that one may be unknown.
            precision = settings.precision if device == settings.device else "auto"
            return self.segmenter_class(model, device, settings.threads, precision)

        inference = Recovery(make, settings.device, self.get_logger().error)
        thresholds = {name: getattr(settings, name) for name in parameters.THRESHOLDS}
        self._own_thresholds = [name for name, value in thresholds.items() if value == parameters.UNSET]
        resolved = thresholds | {name: getattr(model, name) for name in self._own_thresholds}
        if resolved["static_threshold"] < resolved["foreground_threshold"]:
            raise parameters.SettingsError(
                f"static_threshold {resolved['static_threshold']:g} is below foreground_threshold "
                f"{resolved['foreground_threshold']:g}; where one is set, mind the model's own value of the other"
            )
        self._set_all(resolved)
        self._refiner.refinement = Refinement(body=body)
        self._inference = inference
        self._apply_parameters([])
        segmenter = inference.segmenter
        self.get_logger().info(
            f"model {model.name} ({model.sha256[:12]}), {model.width}x{model.height}, on {segmenter.runtime.device} "
            f"in {segmenter.runtime.precision}; "
            f"foreground below {segmenter.thresholds[0]:.3f}, static above {segmenter.thresholds[1]:.3f}"
        )

    def _not_configured(self, reason: str) -> TransitionCallbackReturn:
        self._free()
        self.refuse(reason)
        return TransitionCallbackReturn.FAILURE

    @transition
    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Subscribe and start the inference thread."""
        assert self._inference is not None
        assert self._outputs is not None
        self._refiner.reset()
        self._pipeline = self.pipeline_class(
            self, parameters.read(self), self._inference, self._refiner, self._outputs, self.drops
        )
        return super().on_activate(state)

    @transition
    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Unsubscribe and end the inference thread; the model stays."""
        self._pause()
        return super().on_deactivate(state)

    @transition
    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Free the model."""
        self._free()
        return TransitionCallbackReturn.SUCCESS

    @transition
    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Let go of everything, from any state."""
        self._pause()
        self._free()
        return TransitionCallbackReturn.SUCCESS

    @transition
    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Let go of everything after a transition that raised; the node is unconfigured again."""
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
        """Frames received and answered since the start, whenever the node was active."""
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
        # The next model brings its own, unless the user has set others.
        self._set_all(dict.fromkeys(self._own_thresholds, parameters.UNSET))

    # Parameters

    def _check_parameters(self, changes: list[Parameter[Any]]) -> SetParametersResult:
        current = vars(parameters.read(self))
        settings = current | {change.name: change.value for change in changes}
        known = parameters.Settings(**{name: settings[name] for name in parameters.BY_NAME})
        for change in changes:
            if change.name in current and change.value == current[change.name]:
                continue  # nothing changes: `ros2 param load` sets all that its file holds
            reason = parameters.refusal(change.name, change.value, known, self._inference is not None)
            if reason:
                return SetParametersResult(successful=False, reason=reason)
        return SetParametersResult(successful=True)

    def _apply_parameters(self, changes: list[Parameter[Any]]) -> None:
        self._own_thresholds = [
            name for name in self._own_thresholds if name not in {change.name for change in changes}
        ]
        if self._inference is None:
            return
        settings, segmenter = parameters.read(self), self._inference.segmenter
        segmenter.thresholds = settings.foreground_threshold, settings.static_threshold
        segmenter.min_static = settings.min_static
        self._refiner.refinement = dataclasses.replace(
            self._refiner.refinement, dilate=settings.dilate, min_area=settings.min_area, hold=settings.hold
        )
        if self._pipeline is not None:
            self._pipeline.mailbox.max_rate = settings.max_rate

    def _set_all(self, values: dict[str, float]) -> None:
        own = self._own_thresholds
        self.set_parameters_atomically([Parameter(name, value=value) for name, value in values.items()])
        self._own_thresholds = own  # set by the node itself, not by the user

    def _tidy(self) -> None:
        """Free what the last transition left: it and its callbacks hold each other, frames and perhaps a model.

        Python would come to it at any time, or much later. During the transition the executor still holds it.
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
        seen = diagnostics.Seen(
            self.get_fully_qualified_name(),
            "active" if pipeline else configured,
            self.refusal,
            received,
            answered,
            self.drops.so_far(),
            tuple(self.drops.uncounted),
            failure=failure if time.monotonic() - raised < 2 * diagnostics.PERIOD else "",
        )
        if inference is not None:
            seen = dataclasses.replace(seen, degraded=inference.degraded, facts=facts(inference.segmenter))
        if pipeline is not None:
            seen = dataclasses.replace(seen, **pipeline.seen())
        self._complaints.update((seen.obstacle, *seen.complaints, diagnostics.doubtful_view(seen)))
        message = DiagnosticArray(status=[diagnostics.status(seen)])
        message.header.stamp = self.get_clock().now().to_msg()
        self._diagnostics.publish(message)


def facts(segmenter: Segmenter) -> dict[str, str]:
    """What a segmenter is made of and runs on, to be told."""
    model, runtime = segmenter.model, segmenter.runtime
    return {"model": model.name, "sha256": model.sha256, "device": runtime.device, "precision": runtime.precision}


def refusal_of_rcl(error: RuntimeError) -> str:
    """Say in one line what rcl refuses, such as an argument of the command line, without places in its sources."""
    text = re.sub(r",? at \S+:\d+", "", " ".join(str(error).split()))
    text = text.removeprefix("failed to initialize rcl: ").replace(" Error: error not set", "").strip()
    return f"unknown arguments of ROS: {text}" if text.startswith("[") else text


def main(make: Callable[[], SegmenterNode] = SegmenterNode) -> int:
    """Run the node that `make` gives until it is told to stop; 2 where ROS refuses its arguments."""
    heap.keep_freed_memory()  # for whoever starts here; `segment` has done it before the libraries' threads
    choose_shared_memory(os.environ)
    node = None
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(running_ros())
        except RuntimeError as error:  # RCLError is one
            print(f"segment: {refusal_of_rcl(error)}", file=sys.stderr)
            return 2
        try:
            node = make()
            touch_shared_memory()
            executor = SingleThreadedExecutor()
            executor.add_node(node)
            if parameters.read(node).autostart and node.trigger_configure() == TransitionCallbackReturn.SUCCESS:
                node.trigger_activate()
            executor.spin()
        except (InvalidParameterTypeException, InvalidParameterValueException) as error:
            print(f"segment: {error}", file=sys.stderr)
            return 2
        except (KeyboardInterrupt, ExternalShutdownException):
            pass
        except Exception:
            if rclpy.ok():  # else it was told to stop half way through, and what it was making could not be made
                raise
        finally:
            if node is not None:
                node.stop()
                node.destroy_node()
    return 0
