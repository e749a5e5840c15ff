# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The publishers of the node, one for each output of the registry in `segmentation/outputs.py`."""

from __future__ import annotations

import copy
import importlib
from typing import Any

from rclpy.lifecycle import LifecycleNode, LifecyclePublisher
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy
from rclpy.qos_overriding_options import QoSOverridingOptions
from sensor_msgs.msg import CameraInfo

from bgflow_ros.node.messages import to_image
from bgflow_ros.segmentation.message_fields import label_info_fields
from bgflow_ros.segmentation.outputs import IMAGE_OUTPUTS, LABEL_INFO, OUTPUTS, Output
from bgflow_ros.segmentation.refinement import Refined

__all__ = ["Outputs"]

# Reliable, because the default subscription of rviz is reliable and receives nothing from a best-effort publisher.
QOS = QoSProfile(history=HistoryPolicy.KEEP_LAST, depth=2, reliability=ReliabilityPolicy.RELIABLE)
LATCHED = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL)


class Outputs:
    """Lifecycle publishers of all outputs; nothing is computed for an output that is not `wanted`.

    Args:
        node: node that publishes; its parameters can override the QoS of each publisher.
    """

    def __init__(self, node: LifecycleNode) -> None:
        self._node = node
        policies = QoSOverridingOptions.with_default_policies()
        self._publishers: dict[Output, LifecyclePublisher[Any]] = {}
        for output in OUTPUTS:
            kind = _message_class(output.type)
            if kind is None:
                node.get_logger().info(f"no {output.topic}: {output.type} is not installed")
                continue
            # Each publisher has its own profile, because rclpy writes overrides into the given one.
            qos = copy.copy(LATCHED if output.latched else QOS)
            self._publishers[output] = node.create_lifecycle_publisher(
                kind, output.topic, qos, qos_overriding_options=policies
            )

    def wanted(self, *outputs: Output) -> bool:
        """Tell whether one of these outputs has a subscriber."""
        return any(self._publishers[output].get_subscription_count() for output in outputs)

    def announce(self) -> None:
        """Publish the names of the labels, which stay what they are."""
        if LABEL_INFO not in self._publishers:
            return
        label_info, vision_class = (_message_class(name) for name in (LABEL_INFO.type, "vision_msgs/msg/VisionClass"))
        info = label_info(**label_info_fields(vision_class))
        info.header.stamp = self._node.get_clock().now().to_msg()
        self.publish(LABEL_INFO, info)

    def publish(self, output: Output, message: Any) -> None:
        """Publish a message."""
        self._publishers[output].publish(message)

    def publish_images(self, header: Any, masks: Refined) -> None:
        """Publish every wanted output that is made from the image alone, with the header of that image."""
        for output in IMAGE_OUTPUTS:
            if output.pixels is not None and self.wanted(output):
                self.publish(output, to_image(header, output.pixels(masks), output.encoding))

    def publish_info(self, output: Output, info: CameraInfo | None, header: Any) -> None:
        """Publish a calibration that describes the image, with the given header, where it is known and wanted."""
        if info is not None and self.wanted(output):
            stamped = copy.copy(info)
            stamped.header = header
            self.publish(output, stamped)

    def destroy(self) -> None:
        """Destroy all publishers."""
        for publisher in self._publishers.values():
            self._node.destroy_lifecycle_publisher(publisher)


def _message_class(name: str) -> Any:
    """Import the class of a message type, such as sensor_msgs/msg/Image; None where it is not installed."""
    package, _, kind = name.partition("/msg/")
    try:
        return getattr(importlib.import_module(f"{package}.msg"), kind, None)  # an old package may lack it
    except ModuleNotFoundError as error:
        if error.name != package:
            raise
        return None
