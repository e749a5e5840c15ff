# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""A topic that carries another type, or another reliability, than the node subscribes: what is said, and done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs rclpy, from ROS or its wheels")

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.qos import ReliabilityPolicy
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import String
from support.robot import Robot, Segment, model

from bgflow_ros.node.publishers import Publisher, image_obstacle, obstacle

RAW, COMPRESSED = "sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage"
RELIABLE, BEST_EFFORT = ReliabilityPolicy.RELIABLE, ReliabilityPolicy.BEST_EFFORT

OBSTACLES = {
    "nothing published": ("/image", Image, {}, ""),
    "all is well": ("/image", Image, {"/image": [Publisher(RAW)], "/image/compressed": [Publisher(COMPRESSED)]}, ""),
    "compressed on the raw topic": (
        "/image",
        Image,
        {"/image": [Publisher(COMPRESSED)]},
        f"/image carries {COMPRESSED}, expected {RAW}; image_transport is raw: compressed reads /image/compressed",
    ),
    "remapped to the compressed topic": (
        "/image/compressed",
        Image,
        {"/image/compressed": [Publisher(COMPRESSED)]},
        f"carries {COMPRESSED}, expected {RAW}; image_transport is raw: set it to compressed and remap image to /image",
    ),
    "compressed alone": (
        "/image",
        Image,
        {"/image/compressed": [Publisher(COMPRESSED)]},
        f"/image/compressed carries {COMPRESSED}; set image_transport to compressed",
    ),
    "raw alone": (
        "/image/compressed",
        CompressedImage,
        {"/image": [Publisher(RAW)]},
        f"/image carries {RAW}; set image_transport to raw",
    ),
    "raw on the compressed topic": (
        "/image/compressed",
        CompressedImage,
        {"/image/compressed": [Publisher(RAW)]},
        f"carries {RAW}, expected {COMPRESSED}; image_transport is compressed: set it to raw and remap image to /",
    ),
    "the compressed topic remapped twice": (
        "/image/compressed/compressed",
        CompressedImage,
        {"/image/compressed": [Publisher(COMPRESSED)]},
        "/image/compressed/compressed has no publisher, but /image/compressed has; remap image to /image",
    ),
    "something else": (
        "/image",
        Image,
        {"/image": [Publisher("std_msgs/msg/String"), Publisher(RAW)]},
        f"/image carries std_msgs/msg/String, expected {RAW}",
    ),
}


@pytest.mark.parametrize(("topic", "kind", "there", "said"), OBSTACLES.values(), ids=OBSTACLES)
def test_what_is_in_the_way_of_images(topic: str, kind: type, there: dict[str, list[Publisher]], said: str) -> None:
    found = image_obstacle(topic, kind, False, lambda name: there.get(name, []))
    assert said in found
    assert bool(found) == bool(said)


def test_a_reliable_subscription_meets_no_best_effort_camera() -> None:
    there = [Publisher(RAW, reliable=False)]
    assert "set image_qos to auto" in image_obstacle("/image", Image, True, lambda _: there)
    assert not image_obstacle("/image", Image, False, lambda _: there)
    assert not image_obstacle("/image", Image, True, lambda _: [*there, Publisher(RAW)])


def test_other_topics_name_both_types() -> None:
    wrong = obstacle("/camera_info", CameraInfo, lambda _: [Publisher(RAW)])
    assert wrong == f"/camera_info carries {RAW}, expected sensor_msgs/msg/CameraInfo"


@pytest.fixture
def watched() -> Iterator[Robot]:
    """A robot that reads the node's diagnostics and wants masks."""
    robot = Robot()
    robot.subscribe("/diagnostics", DiagnosticArray)
    robot.subscribe("segmenter/foreground_mask")
    yield robot
    robot.close()


@pytest.fixture
def start(tiny: Path) -> Iterator[Callable[..., Segment]]:
    started: list[Segment] = []

    def start(*remappings: str, **parameters: object) -> Segment:
        started.append(Segment(model(tiny) | parameters, remappings))
        return started[-1]

    yield start
    for segment in started:
        segment.close()


def warned(robot: Robot, *parts: str) -> bool:
    """Tell whether a warning that names all of these arrives."""

    def so() -> bool:
        told = robot.received["/diagnostics"]
        return (
            bool(told)
            and told[-1].status[0].level == DiagnosticStatus.WARN
            and all(part in told[-1].status[0].message for part in parts)
        )

    return robot.until(so)


CAMERAS = {
    "compressed on the raw topic": ("raw", CompressedImage, "image", RELIABLE, (COMPRESSED, RAW, "image_transport")),
    "compressed beside it": (
        "raw",
        CompressedImage,
        "image/compressed",
        RELIABLE,
        ("/image/compressed carries", COMPRESSED, "set image_transport to compressed"),
    ),
    "raw on the compressed topic": (
        "compressed",
        Image,
        "image/compressed",
        RELIABLE,
        (COMPRESSED, RAW, "image_transport"),
    ),
    "raw beside it": ("compressed", Image, "image", RELIABLE, ("/image carries", RAW, "set image_transport to raw")),
    "no image at all": ("raw", String, "image", RELIABLE, ("std_msgs/msg/String", RAW)),
}


@pytest.mark.parametrize(("transport", "kind", "topic", "reliability", "parts"), CAMERAS.values(), ids=CAMERAS)
def test_a_camera_of_another_type_is_named_and_shared_memory_is_not_blamed(
    watched: Robot,
    start: Callable[..., Segment],
    transport: str,
    kind: type,
    topic: str,
    reliability: ReliabilityPolicy,
    parts: tuple[str, ...],
) -> None:
    segment = start(image_transport=transport)
    watched.publisher(kind, topic, reliability)
    assert warned(watched, *parts), segment.log()
    assert parts[0] in segment.log()
    # Not later either, when no image has come for long.
    assert watched.until(lambda: watched.received["/diagnostics"][-1].status[0].level == DiagnosticStatus.ERROR)
    message = watched.received["/diagnostics"][-1].status[0].message
    assert "no image for" in message
    assert parts[0] in message
    assert "fastdds" not in message


def test_a_best_effort_camera_that_a_reliable_subscription_never_meets_is_named(
    watched: Robot, start: Callable[..., Segment]
) -> None:
    start(image_qos="reliable")
    watched.publisher(Image, "image", BEST_EFFORT)
    assert warned(watched, "/image is published best effort, image_qos is reliable; set image_qos to auto")
