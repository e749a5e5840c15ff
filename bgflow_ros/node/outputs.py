# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The publishers of the node."""

from __future__ import annotations

import copy
from typing import Any

from rclpy.lifecycle import LifecycleNode, LifecyclePublisher
from rclpy.qos import HistoryPolicy, QoSProfile, ReliabilityPolicy
from rclpy.qos_overriding_options import QoSOverridingOptions
from sensor_msgs.msg import CameraInfo, Image, PointCloud2

from bgflow_ros.node.messages import to_image
from bgflow_ros.segmentation import refinement
from bgflow_ros.segmentation.refinement import Refined

__all__ = ["INFO", "MAPS", "POINTS", "STATIC_DEPTH", "STATIC_DEPTH_INFO", "Outputs"]

MAPS = {f"~/{name}": how for name, how in refinement.MAPS.items()}
"""Image topics that need nothing but the image: encoding, and which map they carry."""
INFO = "~/camera_info"
STATIC_DEPTH, STATIC_DEPTH_INFO = "~/static_depth/image", "~/static_depth/camera_info"
POINTS = "~/foreground_points"

# Reliable, because rviz's default subscription is reliable and would stay dark on a best-effort publisher.
QOS = QoSProfile(history=HistoryPolicy.KEEP_LAST, depth=2, reliability=ReliabilityPolicy.RELIABLE)


class Outputs:
    """A lifecycle publisher for each topic; whoever makes something asks first whether anybody wants it.

    Args:
        node: whose publishers they are; their QoS can be overridden by its parameters.
    """

    def __init__(self, node: LifecycleNode) -> None:
        self._node = node
        kinds: dict[str, type] = dict.fromkeys((*MAPS, STATIC_DEPTH), Image)
        kinds |= {INFO: CameraInfo, STATIC_DEPTH_INFO: CameraInfo, POINTS: PointCloud2}
        policies = QoSOverridingOptions.with_default_policies()
        # A profile of its own for each: rclpy writes an override into the one that it is given.
        self._publishers: dict[str, LifecyclePublisher[Any]] = {
            topic: node.create_lifecycle_publisher(kind, topic, copy.copy(QOS), qos_overriding_options=policies)
            for topic, kind in kinds.items()
        }

    def wanted(self, *topics: str) -> bool:
        """Whether somebody subscribes to one of the topics."""
        return any(self._publishers[topic].get_subscription_count() for topic in topics)

    def publish(self, topic: str, message: Any) -> None:
        """Publish a message."""
        self._publishers[topic].publish(message)

    def publish_maps(self, header: Any, masks: Refined) -> None:
        """Publish every map that somebody wants, with this very header."""
        for topic, (encoding, get) in MAPS.items():
            if self.wanted(topic):
                self.publish(topic, to_image(header, get(masks), encoding))

    def publish_info(self, topic: str, info: CameraInfo | None, header: Any) -> None:
        """Publish a calibration that describes the image, with this very header, where it is known and wanted."""
        if info is not None and self.wanted(topic):
            stamped = copy.copy(info)
            stamped.header = header
            self.publish(topic, stamped)

    def destroy(self) -> None:
        """Withdraw all topics."""
        for publisher in self._publishers.values():
            self._node.destroy_lifecycle_publisher(publisher)
