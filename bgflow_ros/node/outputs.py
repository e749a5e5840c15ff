# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The publishers of the node, one for each output of the registry in `segmentation/outputs.py`."""

from __future__ import annotations

import copy
from typing import Any

import sensor_msgs.msg
from rclpy.lifecycle import LifecycleNode, LifecyclePublisher
from rclpy.qos import HistoryPolicy, QoSProfile, ReliabilityPolicy
from rclpy.qos_overriding_options import QoSOverridingOptions
from sensor_msgs.msg import CameraInfo

from bgflow_ros.node.messages import to_image
from bgflow_ros.segmentation.outputs import IMAGE_OUTPUTS, OUTPUTS, Output
from bgflow_ros.segmentation.refinement import Refined

__all__ = ["Outputs"]

# Reliable, because the default subscription of rviz is reliable and receives nothing from a best-effort publisher.
QOS = QoSProfile(history=HistoryPolicy.KEEP_LAST, depth=2, reliability=ReliabilityPolicy.RELIABLE)


class Outputs:
    """Lifecycle publishers of all outputs; nothing is computed for an output that is not `wanted`.

    Args:
        node: node that publishes; its parameters can override the QoS of each publisher.
    """

    def __init__(self, node: LifecycleNode) -> None:
        self._node = node
        policies = QoSOverridingOptions.with_default_policies()
        # Each publisher has its own profile, because rclpy writes overrides into the given one.
        self._publishers: dict[Output, LifecyclePublisher[Any]] = {
            output: node.create_lifecycle_publisher(
                getattr(sensor_msgs.msg, output.type.rpartition("/")[2]),
                output.topic,
                copy.copy(QOS),
                qos_overriding_options=policies,
            )
            for output in OUTPUTS
        }

    def wanted(self, *outputs: Output) -> bool:
        """Tell whether one of these outputs has a subscriber."""
        return any(self._publishers[output].get_subscription_count() for output in outputs)

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
