# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Subscription to images whose reliability follows that of the camera."""

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
"""Clock of the node's own timers, because simulated time may stand still and the robot's clock may jump."""


def image_topic(node: Node, transport: str) -> tuple[str, type[Image] | type[CompressedImage]]:
    """Topic and message type of the node's `image` for a transport (raw or compressed)."""
    if transport == "compressed":
        # As with image_transport, the compressed topic follows the remapped name of the image.
        return node.resolve_topic_name("image") + "/compressed", CompressedImage
    return node.resolve_topic_name("image"), Image


class ImageSubscription:
    """Subscribes to a topic of images and keeps only the last few.

    A best-effort subscription to large images loses nearly all of them with the defaults of Fast DDS, and a reliable
    one receives nothing from a best-effort camera. Thus `auto` follows the publishers and subscribes again when they
    change.

    Args:
        node: node that subscribes.
        topic: topic to subscribe to.
        kind: message type of the topic.
        qos: auto, sensor_data or reliable.
        keep: greatest number of messages that wait.
        callback: receives every message and its MessageInfo (see `compatibility.publication_number`).
        group: callback group of the callback.
    """

    PERIOD = 0.5
    """Seconds between two checks of the publishers."""

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
        # Best effort works with every camera until the publishers are known.
        self.reliability = ReliabilityPolicy.RELIABLE if qos == "reliable" else ReliabilityPolicy.BEST_EFFORT
        self._subscribe()
        self._timer = node.create_timer(self.PERIOD, self._follow, clock=STEADY) if qos == "auto" else None

    def destroy(self) -> None:
        """Unsubscribe."""
        if self._timer is not None:
            self._node.destroy_timer(self._timer)
        self._node.destroy_subscription(self._subscription)

    def obstacle(self) -> str:
        """Say why published images cannot be received; empty where nothing is known to be in the way."""
        reliable = self.reliability == ReliabilityPolicy.RELIABLE
        return image_obstacle(self.topic, self.kind, reliable, partial(publishers, self._node))

    def take(self) -> tuple[bytes, Any] | None:
        """Take the newest message, serialized, and its MessageInfo past a closed gate; None where there is none.

        Call this only in a callback of the executor, which could otherwise take the same message.
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
