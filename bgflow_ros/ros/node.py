# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The lifecycle node: wiring only.

    camera -> ImageSubscription -> Mailbox -> Worker -> Segmenter -> publishers

The subscription's callback only leaves the message in the mailbox; decoding, inference and publishing happen in
the worker's thread.
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable
from operator import attrgetter
from typing import Any

import rclpy
from rcl_interfaces.msg import SetParametersResult
from rclpy.exceptions import InvalidParameterTypeException, InvalidParameterValueException
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.lifecycle import LifecycleNode, LifecyclePublisher, LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter
from rclpy.qos import HistoryPolicy, QoSProfile, ReliabilityPolicy, qos_profile_sensor_data
from rclpy.qos_overriding_options import QoSOverridingOptions
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from bgflow_ros.images import ImageError
from bgflow_ros.model import Model, ModelError
from bgflow_ros.ros import parameters
from bgflow_ros.ros.drops import Drops
from bgflow_ros.ros.gate import Gate
from bgflow_ros.ros.heap import keep_freed_memory
from bgflow_ros.ros.mailbox import Mailbox
from bgflow_ros.ros.messages import to_image, to_rgb
from bgflow_ros.ros.subscription import ImageSubscription
from bgflow_ros.ros.worker import Worker
from bgflow_ros.runtime import DeviceError
from bgflow_ros.segmenter import Segmenter

__all__ = ["SegmenterNode", "main"]

OUTPUTS = {
    "~/likelihood": ("32FC1", attrgetter("likelihood")),
    "~/foreground_mask": ("mono8", attrgetter("foreground")),
    "~/static_mask": ("mono8", attrgetter("static")),
    "~/ignore_mask": ("mono8", attrgetter("ignore")),
    "~/overlay": ("rgb8", attrgetter("overlay")),
}
"""Image topics: encoding, and which of a Segmentation's maps it carries."""

LOOK = 0.25
"""Seconds between two looks at who subscribes."""

# Reliable, because rviz's default subscription is reliable and would stay dark on a best-effort publisher.
OUTPUT_QOS = QoSProfile(history=HistoryPolicy.KEEP_LAST, depth=2, reliability=ReliabilityPolicy.RELIABLE)


class SegmenterNode(LifecycleNode):
    """Segments the newest image of one camera; `doc/node.md` describes topics, parameters and lifecycle."""

    segmenter_class = Segmenter
    """What segments; the benchmark's node has one that takes its own time."""

    def __init__(self) -> None:
        super().__init__("segmenter")
        parameters.declare(self)
        self.drops = Drops(self.get_logger().warning)
        self._segmenter: Segmenter | None = None
        self._own_thresholds: list[str] = []
        self._mailbox: Mailbox[Image | CompressedImage] = Mailbox(self.drops)
        self._worker: Worker[Image | CompressedImage] | None = None
        self._camera_info: CameraInfo | None = None
        self._image_gate, self._info_gate = Gate(), Gate()
        self._answered = 0
        self._image_publishers: dict[str, LifecyclePublisher[Image]] = {}
        self._info_publisher: LifecyclePublisher[CameraInfo] | None = None
        self.add_on_set_parameters_callback(self._check_parameters)
        self.add_post_set_parameters_callback(self._apply_parameters)

    # Lifecycle

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load and warm up the model, make the publishers. Failure leaves the node unconfigured."""
        try:
            self._load(parameters.read(self))
            self._advertise()
        except (parameters.SettingsError, ModelError, DeviceError) as error:
            return self._not_configured(str(error))
        except Exception as error:  # of a driver or a library: told like the rest, and configure may be tried again
            return self._not_configured(f"{type(error).__name__}: {error}")
        return TransitionCallbackReturn.SUCCESS

    def _load(self, settings: parameters.Settings) -> None:
        parameters.check(settings)
        segmenter = self.segmenter_class(
            Model.load(settings.model), settings.device, settings.threads, settings.precision
        )
        thresholds = {name: getattr(settings, name) for name in parameters.THRESHOLDS}
        self._own_thresholds = [name for name, value in thresholds.items() if value == parameters.UNSET]
        resolved = thresholds | {name: getattr(segmenter.model, name) for name in self._own_thresholds}
        if resolved["static_threshold"] < resolved["foreground_threshold"]:
            raise parameters.SettingsError(
                f"static_threshold {resolved['static_threshold']:g} is below foreground_threshold "
                f"{resolved['foreground_threshold']:g}; where one is set, mind the model's own value of the other"
            )
        self._set_all(resolved)
        self._segmenter = segmenter
        self._apply_parameters([])
        model = segmenter.model
        self.get_logger().info(
            f"model {model.name} ({model.sha256[:12]}), {model.width}x{model.height}, on {segmenter.runtime.device} "
            f"in {segmenter.runtime.precision}; "
            f"foreground below {segmenter.thresholds[0]:.3f}, static above {segmenter.thresholds[1]:.3f}"
        )

    def _advertise(self) -> None:
        policies = QoSOverridingOptions.with_default_policies()
        # A profile of its own for each: rclpy writes an override into the one that it is given.
        for topic in OUTPUTS:
            self._image_publishers[topic] = self.create_lifecycle_publisher(
                Image, topic, copy.copy(OUTPUT_QOS), qos_overriding_options=policies
            )
        self._info_publisher = self.create_lifecycle_publisher(
            CameraInfo, "~/camera_info", copy.copy(OUTPUT_QOS), qos_overriding_options=policies
        )

    def _not_configured(self, reason: str) -> TransitionCallbackReturn:
        self.get_logger().error(reason)
        self._free()
        return TransitionCallbackReturn.FAILURE

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Subscribe and start the inference thread."""
        settings = parameters.read(self)
        self._mailbox = Mailbox(self.drops)
        self._mailbox.max_rate = settings.max_rate
        self._worker = Worker(self._mailbox, self._answer)
        self._images = ImageSubscription(
            self, settings.image_transport, settings.image_qos, self._receive, self._image_gate
        )
        self._infos = self.create_subscription(
            CameraInfo, "camera_info", self._remember_info, qos_profile_sensor_data, callback_group=self._info_gate
        )
        self._look()
        self._looking = self.create_timer(LOOK, self._look)
        return super().on_activate(state)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Unsubscribe and end the inference thread; the model stays."""
        self._pause()
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Free the model."""
        self._free()
        return TransitionCallbackReturn.SUCCESS

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Let go of everything, from any state."""
        if state.label == "active":
            self._pause()
        if state.label in ("active", "inactive"):
            self._free()
        return TransitionCallbackReturn.SUCCESS

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Let go of everything after a transition that raised; the node is unconfigured again."""
        self.get_logger().error(f"a transition from {state.label} failed; the node is unconfigured")
        self.stop()
        self._free()
        return TransitionCallbackReturn.SUCCESS

    def stop(self) -> None:
        """End the inference thread, in any state and also when ROS has already shut down."""
        if self._worker is not None:
            self._worker.stop()
            self._worker = None

    def _pause(self) -> None:
        self.destroy_timer(self._looking)
        self._images.destroy()
        self.destroy_subscription(self._infos)
        self.stop()
        self._camera_info = None
        dropped = ", ".join(f"{count} {cause}" for cause, count in self.drops.counts.items()) or "none"
        self.get_logger().info(f"answered {self._answered} frames since the start; dropped: {dropped}")

    def _free(self) -> None:
        for publisher in self._image_publishers.values():
            self.destroy_lifecycle_publisher(publisher)
        self._image_publishers = {}
        if self._info_publisher is not None:
            self.destroy_lifecycle_publisher(self._info_publisher)
            self._info_publisher = None
        self._segmenter = None
        # The next model brings its own, unless the user has set others.
        self._set_all(dict.fromkeys(self._own_thresholds, parameters.UNSET))

    # Parameters

    def _check_parameters(self, changes: list[Parameter[Any]]) -> SetParametersResult:
        settings = vars(parameters.read(self)) | {change.name: change.value for change in changes}
        known = parameters.Settings(**{name: settings[name] for name in parameters.BY_NAME})
        for change in changes:
            reason = parameters.refusal(change.name, change.value, known, self._segmenter is not None)
            if reason:
                return SetParametersResult(successful=False, reason=reason)
        return SetParametersResult(successful=True)

    def _apply_parameters(self, changes: list[Parameter[Any]]) -> None:
        self._own_thresholds = [
            name for name in self._own_thresholds if name not in {change.name for change in changes}
        ]
        if self._segmenter is None:
            return
        settings = parameters.read(self)
        self._segmenter.thresholds = settings.foreground_threshold, settings.static_threshold
        self._mailbox.max_rate = settings.max_rate

    def _set_all(self, values: dict[str, float]) -> None:
        own = self._own_thresholds
        self.set_parameters_atomically([Parameter(name, value=value) for name, value in values.items()])
        self._own_thresholds = own  # set by the node itself, not by the user

    # Frames

    def _look(self) -> None:
        """Read the camera's messages only while somebody wants what is made of them."""
        self._image_gate.open = any(publisher.get_subscription_count() for publisher in self._image_publishers.values())
        assert self._info_publisher is not None
        self._info_gate.open = self._image_gate.open and self._info_publisher.get_subscription_count() > 0

    def _remember_info(self, info: CameraInfo) -> None:
        self._camera_info = info

    def _receive(self, message: Image | CompressedImage) -> None:
        self._mailbox.put(message)

    def _answer(self, message: Image | CompressedImage) -> None:
        try:
            wanted = {
                topic: publisher
                for topic, publisher in self._image_publishers.items()
                if publisher.get_subscription_count()
            }
            if not wanted or self._segmenter is None:
                return
            segmentation = self._segmenter(to_rgb(message))
            for topic, publisher in wanted.items():
                encoding, get = OUTPUTS[topic]
                publisher.publish(to_image(message.header, get(segmentation), encoding))
            self._publish_info(message)
            self._answered += 1
        except ImageError as error:
            self.drops.add(error.cause, str(error))
        except Exception as error:
            if self.context.ok():  # else the process is ending and its publishers are gone
                self.drops.add("inference failed", f"inference failed: {type(error).__name__}: {error}")

    def _publish_info(self, message: Image | CompressedImage) -> None:
        publisher = self._info_publisher
        if self._camera_info is not None and publisher is not None and publisher.get_subscription_count():
            info = copy.copy(self._camera_info)
            info.header = message.header
            publisher.publish(info)


def main(make: Callable[[], SegmenterNode] = SegmenterNode) -> int:
    """Run the node that `make` gives until it is told to stop; 2 where its parameters cannot be declared."""
    keep_freed_memory()
    with rclpy.init():
        try:
            node = make()
        except (InvalidParameterTypeException, InvalidParameterValueException) as error:
            print(f"segment: {error}", file=sys.stderr)
            return 2
        executor = SingleThreadedExecutor()
        executor.add_node(node)
        try:
            if parameters.read(node).autostart and node.trigger_configure() == TransitionCallbackReturn.SUCCESS:
                node.trigger_activate()
            executor.spin()
        except (KeyboardInterrupt, ExternalShutdownException):
            pass
        finally:
            node.stop()
            node.destroy_node()
    return 0


if __name__ == "__main__":
    sys.exit(main())
