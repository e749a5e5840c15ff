# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The image subscription, whose reliability follows the camera's."""

from __future__ import annotations

from collections.abc import Callable

from rclpy.callback_groups import CallbackGroup
from rclpy.node import Node
from rclpy.qos import HistoryPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CompressedImage, Image

__all__ = ["ImageSubscription"]


class ImageSubscription:
    """Subscribes `image`, or `image/compressed`, keeping the last frame only.

    A best-effort subscription to large images loses nearly all of them under Fast DDS's defaults, a reliable
    one never meets a best-effort camera. So `auto` looks at the publishers and subscribes anew when they change.

    Args:
        node: whose subscription it is.
        transport: raw or compressed.
        qos: auto, sensor_data or reliable.
        callback: gets every message.
        group: of the callback.
    """

    PERIOD = 0.5
    """Seconds between two looks at the publishers."""

    def __init__(
        self,
        node: Node,
        transport: str,
        qos: str,
        callback: Callable[[Image | CompressedImage], None],
        group: CallbackGroup,
    ) -> None:
        self._node, self._callback, self._group = node, callback, group
        # The compressed topic stands beside the image's name as remapped, as image_transport has it.
        self.topic = node.resolve_topic_name("image") + ("/compressed" if transport == "compressed" else "")
        self._type = CompressedImage if transport == "compressed" else Image
        # Best effort meets every camera until the publishers are known.
        self.reliability = ReliabilityPolicy.RELIABLE if qos == "reliable" else ReliabilityPolicy.BEST_EFFORT
        self._subscribe()
        self._timer = node.create_timer(self.PERIOD, self._follow) if qos == "auto" else None

    def destroy(self) -> None:
        """Unsubscribe."""
        if self._timer is not None:
            self._node.destroy_timer(self._timer)
        self._node.destroy_subscription(self._subscription)

    def _subscribe(self) -> None:
        profile = QoSProfile(history=HistoryPolicy.KEEP_LAST, depth=1, reliability=self.reliability)
        self._subscription = self._node.create_subscription(
            self._type, self.topic, self._callback, profile, callback_group=self._group
        )

    def _follow(self) -> None:
        publishers = self._node.get_publishers_info_by_topic(self.topic)
        if not publishers:
            return
        reliable = all(info.qos_profile.reliability == ReliabilityPolicy.RELIABLE for info in publishers)
        wanted = ReliabilityPolicy.RELIABLE if reliable else ReliabilityPolicy.BEST_EFFORT
        if wanted != self.reliability:
            self._node.get_logger().info(
                f"{self.topic} is published {'reliable' if reliable else 'best effort'}: subscribing so"
            )
            self.reliability = wanted
            self._node.destroy_subscription(self._subscription)
            self._subscribe()
