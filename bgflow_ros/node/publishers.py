# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Publishers of a topic, and reasons why their messages cannot be received."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from rclpy.node import Node
from rclpy.qos import ReliabilityPolicy
from sensor_msgs.msg import CompressedImage

__all__ = ["Publisher", "count", "image_obstacle", "obstacle", "publishers"]

COMPRESSED = "/compressed"


class Publisher(NamedTuple):
    """Properties of a publisher that decide whether a subscription can receive its messages."""

    kind: str
    """Message type, such as sensor_msgs/msg/Image."""
    reliable: bool = True


Look = Callable[[str], Sequence[Publisher]]
"""Function that returns the publishers of a topic."""


def publishers(node: Node, topic: str) -> list[Publisher]:
    """List the publishers that a node has discovered on a topic, of any type."""
    found = node.get_publishers_info_by_topic(topic)
    return [Publisher(info.topic_type, info.qos_profile.reliability == ReliabilityPolicy.RELIABLE) for info in found]


def count(number: int) -> str:
    """Number of publishers with its noun."""
    return f"{number} publisher{'s' * (number != 1)}"


def obstacle(topic: str, kind: type, look: Look, reliable: bool = False) -> str:
    """Say why type or reliability keep a subscription from receiving a topic's messages; empty where they do not."""
    there = look(topic)
    if others := sorted({publisher.kind for publisher in there} - {_name(kind)}):
        return f"{topic} carries {' and '.join(others)}, expected {_name(kind)}"
    if reliable and there and not any(publisher.reliable for publisher in there):
        return f"{topic} is published best effort, image_qos is reliable; set image_qos to auto"
    return ""


def image_obstacle(topic: str, kind: type, reliable: bool, look: Look) -> str:
    """Say why images cannot be received and which parameter would change that; empty where nothing is in the way.

    Args:
        topic: subscribed topic: the name of `image`, with /compressed for the compressed transport.
        kind: message type of the subscription.
        reliable: True if the subscription is reliable.
        look: function that returns the publishers of a topic.
    """
    there = look(topic)
    if wrong := obstacle(topic, kind, look):
        return f"{wrong}; {_remedy(topic, kind)}"
    if there:
        return obstacle(topic, kind, look, reliable)
    base = topic.removesuffix(COMPRESSED)
    if kind is not CompressedImage:
        beside, transport = topic + COMPRESSED, "compressed"
    else:
        beside, transport = base, "raw"
        if base.endswith(COMPRESSED) and look(base):
            return f"{topic} has no publisher, but {base} has; remap image to {base.removesuffix(COMPRESSED)}"
    kinds = " and ".join(sorted({publisher.kind for publisher in look(beside)}))
    return f"{beside} carries {kinds}; set image_transport to {transport}, or remap image" if kinds else ""


def _remedy(topic: str, kind: type) -> str:
    base = topic.removesuffix(COMPRESSED)
    if kind is CompressedImage:
        return f"image_transport is compressed: set it to raw and remap image to {topic}"
    if base != topic:
        return f"image_transport is raw: set it to compressed and remap image to {base}"
    return f"image_transport is raw: compressed reads {topic}{COMPRESSED}, so remap that to {topic} as well"


def _name(kind: Any) -> str:
    """Name of a message type in the ROS graph."""
    return f"{kind.__module__.partition('.')[0]}/msg/{kind.__name__}"
