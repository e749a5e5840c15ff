# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""A subscription to images, whose reliability follows the camera's."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from rclpy.callback_groups import CallbackGroup
from rclpy.clock import Clock
from rclpy.node import Node
from rclpy.qos import HistoryPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CompressedImage, Image

from bgflow_ros.node.compatibility import ClockType, with_message_info
from bgflow_ros.node.publishers import image_obstacle, publishers

__all__ = ["STEADY", "ImageSubscription", "image_topic"]

STEADY = Clock(clock_type=ClockType.STEADY_TIME)
"""For the node's own timers: simulated time may stand still, and the robot's may jump."""


def image_topic(node: Node, transport: str) -> tuple[str, type[Image] | type[CompressedImage]]:
    """Topic and type of the node's `image` by a transport (raw or compressed)."""
    if transport == "compressed":
        # The compressed topic stands beside the image's name as remapped, as image_transport has it.
        return node.resolve_topic_name("image") + "/compressed", CompressedImage
    return node.resolve_topic_name("image"), Image


class ImageSubscription:
    """Subscribes a topic of images, keeping the last few only.

    A best-effort subscription to large images loses nearly all of them under Fast DDS's defaults, a reliable
    one never meets a best-effort camera. So `auto` looks at the publishers and subscribes anew when they change.

    Args:
        node: whose subscription it is.
        topic: to subscribe.
        kind: type of its messages.
        qos: auto, sensor_data or reliable.
        keep: how many messages wait at most.
        callback: gets every message and its MessageInfo (`compatibility.publication_number` reads it).
        group: of the callback.
    """

    PERIOD = 0.5
    """Seconds between two looks at the publishers."""

    def __init__(
        self,
        node: Node,
        topic: str,
        kind: type[Image] | type[CompressedImage],
        qos: str,
        keep: int,
        callback: Callable[[Any, Any], None],
        group: CallbackGroup,
    ) -> None:
        self._node, self.kind, self._keep, self._callback, self._group = node, kind, keep, callback, group
        self.topic = node.resolve_topic_name(topic)
        # Best effort meets every camera until the publishers are known.
        self.reliability = ReliabilityPolicy.RELIABLE if qos == "reliable" else ReliabilityPolicy.BEST_EFFORT
        self._subscribe()
        self._timer = node.create_timer(self.PERIOD, self._follow, clock=STEADY) if qos == "auto" else None

    def destroy(self) -> None:
        """Unsubscribe."""
        if self._timer is not None:
            self._node.destroy_timer(self._timer)
        self._node.destroy_subscription(self._subscription)

    def obstacle(self) -> str:
        """Say why the images that are published cannot be received; empty where nothing is known to be in the way."""
        reliable = self.reliability == ReliabilityPolicy.RELIABLE
        return image_obstacle(self.topic, self.kind, reliable, partial(publishers, self._node))

    def take(self) -> tuple[bytes, Any] | None:
        """Take the newest message, serialized, and its MessageInfo past a shut gate; None where nothing has come.

        Only in a callback of the executor, which would else take the same message.
        """
        with self._subscription.handle:
            taken: tuple[bytes, Any] | None = self._subscription.handle.take_message(self.kind, True)
        return taken

    def _subscribe(self) -> None:
        profile = QoSProfile(history=HistoryPolicy.KEEP_LAST, depth=self._keep, reliability=self.reliability)
        self._subscription = self._node.create_subscription(
            self.kind, self.topic, with_message_info(self._callback), profile, callback_group=self._group
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
