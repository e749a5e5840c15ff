# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The real node reports wanted outputs that it cannot make within seconds, and stops once it can make them."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs rclpy, from ROS or its wheels")

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.qos import ReliabilityPolicy
from sensor_msgs.msg import CameraInfo, CompressedImage, Image, PointCloud2
from soak.camera import SLOW, SMALL, FilmingRobot
from support.crowding import crowding
from support.robot import Segment, image, model

WIDTH, HEIGHT = SMALL.size
POINTS, STATIC_DEPTH = "segmenter/foreground_points", "segmenter/static_depth/image"
STATIC_INFO, INFO = "segmenter/static_depth/camera_info", "segmenter/camera_info"
MATRIX = [150.0, 0, WIDTH / 2, 0, 150.0, HEIGHT / 2, 0, 0, 1]


def depth_image(width: int = WIDTH, height: int = HEIGHT) -> Image:
    return image(np.full((height, width), 2000, np.uint16).view(np.uint8), "16UC1", width=width)


@dataclass
class Depth:
    """Settings of a robot with a depth camera beside the colour camera."""

    robot: FilmingRobot
    message: Any
    later: float = 0.0
    """Seconds from the stamp of the image to that of its depth."""
    zero: bool = False
    frame: str = "camera"

    def __call__(self, colour: Image) -> None:
        """Publish depth beside an image."""
        stamp = 0 if self.zero else colour.header.stamp.sec * 10**9 + colour.header.stamp.nanosec
        stamp += round(self.later * 1e9)
        self.message.header.stamp.sec, self.message.header.stamp.nanosec = divmod(stamp, 10**9)
        self.message.header.frame_id = self.frame
        publish(self.robot, "depth", self.message)


def publish(robot: FilmingRobot, topic: str, message: Any) -> None:
    robot.publisher(type(message), topic, ReliabilityPolicy.RELIABLE).publish(message)


def calibration(**changes: Any) -> CameraInfo:
    return CameraInfo(**{"width": WIDTH, "height": HEIGHT, "k": MATRIX} | changes)


def rgbd(robot: FilmingRobot, depth: Depth | None, info: CameraInfo | None) -> Callable[[Image], None]:
    """Publish depth and calibration with each image."""

    def beside(colour: Image) -> None:
        if info is not None:
            info.header = copy.copy(colour.header)
            publish(robot, "camera_info", info)
        if depth is not None:
            depth(colour)

    return beside


@pytest.fixture(scope="module")
def node(tiny: Path) -> Iterator[tuple[FilmingRobot, Segment]]:
    """A robot that wants all that is made of depth, and one node for it; each test leaves the camera well."""
    robot, segment = FilmingRobot(SLOW), Segment(model(tiny))
    try:
        assert robot.until(lambda: robot.masks), segment.log()
        yield robot, segment
    finally:
        robot.close()
        segment.close()


@pytest.fixture
def wanting(node: tuple[FilmingRobot, Segment]) -> Iterator[FilmingRobot]:
    """The robot while it subscribes to every output of depth, at ten images per second."""
    robot, _ = node
    robot.unplug()
    kinds = {POINTS: PointCloud2, STATIC_DEPTH: Image, STATIC_INFO: CameraInfo, INFO: CameraInfo}
    subscriptions = [
        robot.node.create_subscription(kind, topic, robot.received[topic].append, 10) for topic, kind in kinds.items()
    ]
    for topic in kinds:
        robot.received[topic].clear()
    with robot.behaving(rate=10.0):
        yield robot
    for subscription in subscriptions:
        robot.node.destroy_subscription(subscription)
    robot.unplug()


def told(robot: FilmingRobot, what: str, seconds: float = 10.0) -> bool:
    return robot.until(
        lambda: what in robot.diagnosis.message and robot.diagnosis.level == DiagnosticStatus.WARN, seconds
    )


def well(robot: FilmingRobot) -> bool:
    """Make sure that with the right depth and calibration everything is published and nothing is reported."""
    robot.unplug()
    for topic in (POINTS, STATIC_DEPTH, STATIC_INFO, INFO):
        robot.received[topic].clear()
    with robot.behaving(rate=10.0, spoil=rgbd(robot, Depth(robot, depth_image()), calibration())):
        made = robot.until(
            lambda: (
                all(robot.received[topic] for topic in (POINTS, STATIC_DEPTH, STATIC_INFO, INFO))
                and robot.diagnosis.level == DiagnosticStatus.OK
            )
        )
    return made


def test_depth_that_nobody_publishes_is_told_within_three_seconds_and_logged_once(
    node: tuple[FilmingRobot, Segment], wanting: FilmingRobot
) -> None:
    said = "no depth on /depth (0 publishers)"
    before = node[1].log().count(said)
    with wanting.behaving(rate=10.0, spoil=rgbd(wanting, None, calibration())):
        assert wanting.until(lambda: wanting.node.count_subscribers("depth"))
        began = time.monotonic()
        assert told(wanting, said)
        assert time.monotonic() - began < 3 + crowding(), "three seconds, and what a busy machine adds"
        masks = wanting.masks
        assert wanting.until(lambda: wanting.masks > masks), "they do not wait for it"
    assert well(wanting), wanting.diagnosis
    # Not logged again if another test triggered it within the last 10 s (rate limit).
    assert max(before, 1) <= node[1].log().count(said) <= before + 1


def test_depth_that_ends_is_told(wanting: FilmingRobot) -> None:
    assert well(wanting)
    with wanting.behaving(rate=10.0, spoil=rgbd(wanting, None, calibration())):
        assert told(wanting, "no depth on /depth (1 publisher)")
        wanting.unplug()
        publish(wanting, "depth/compressedDepth", CompressedImage())
        assert told(wanting, "(0 publishers); /depth/compressedDepth is published, but depth is read raw")
    assert well(wanting), wanting.diagnosis


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "47 ms later": ({"later": 0.047}, "no image matches the depth on /depth: nearest stamp 47 ms away (after)"),
    "40 ms before": ({"later": -0.04}, "nearest stamp 40 ms away (before), expected at most 20 ms"),
    "of another clock": ({"later": -1e6}, "stamps are of another clock, the nearest 1e+06 s before its image"),
    "of a clock ahead": ({"later": 1e6}, "stamps are of another clock, the nearest 1e+06 s after its image"),
    "stamps of 0": ({"zero": True}, "depth has zero stamps"),
    "another size": ({"message": depth_image(80, 60)}, "depth of another size: 80x60 pixels, the image has 160x120"),
    "of no depth": ({"message": image(np.zeros((HEIGHT, WIDTH, 3), np.uint8))}, "unknown depth encoding: 'rgb8'"),
    "another frame": ({"frame": "depth_optical"}, "depth is in frame depth_optical, the image in camera"),
    "another type": (
        {"message": CompressedImage()},
        "/depth carries sensor_msgs/msg/CompressedImage, expected sensor_msgs/msg/Image",
    ),
}


@pytest.mark.parametrize(("changes", "what"), WRONG.values(), ids=WRONG)
def test_depth_that_belongs_to_no_image_is_told(wanting: FilmingRobot, changes: dict[str, Any], what: str) -> None:
    depth = Depth(wanting, **{"message": depth_image()} | changes)
    with wanting.behaving(rate=10.0, spoil=rgbd(wanting, depth, calibration())):
        assert told(wanting, what), wanting.diagnosis
    assert well(wanting), wanting.diagnosis


CALIBRATIONS: dict[str, tuple[CameraInfo, str]] = {
    "another size": (
        calibration(width=640, height=480),
        "camera_info is of 640x480, the image of 160x120",
    ),
    "turned": (calibration(width=HEIGHT, height=WIDTH), "camera_info is of 120x160, the image of 160x120"),
}


@pytest.mark.parametrize(("info", "what"), CALIBRATIONS.values(), ids=CALIBRATIONS)
def test_a_calibration_of_another_size_is_told_and_none_is_published(
    wanting: FilmingRobot, info: CameraInfo, what: str
) -> None:
    with wanting.behaving(rate=10.0, spoil=rgbd(wanting, Depth(wanting, depth_image()), info)):
        assert told(wanting, what), wanting.diagnosis
        for _ in range(2):  # the second pass also sees messages that were in flight during the first
            for topic in (INFO, STATIC_INFO, POINTS, STATIC_DEPTH):
                wanting.received[topic].clear()
            assert wanting.until(lambda: wanting.received[STATIC_DEPTH])
        assert wanting.until(lambda: len(wanting.received[STATIC_DEPTH]) > 3), "it needs no calibration"
        assert not any(wanting.received[topic] for topic in (INFO, STATIC_INFO, POINTS))
    assert well(wanting), wanting.diagnosis


@pytest.mark.parametrize("focal", [0.0, float("nan"), -150.0])
def test_a_camera_that_is_not_calibrated_has_no_points_and_is_told(wanting: FilmingRobot, focal: float) -> None:
    info = calibration(k=[focal, 0, WIDTH / 2, 0, 150.0, HEIGHT / 2, 0, 0, 1])
    with wanting.behaving(rate=10.0, spoil=rgbd(wanting, Depth(wanting, depth_image()), info)):
        assert told(wanting, "no ~/foreground_points: no calibration: camera_info has fx"), wanting.diagnosis
        for _ in range(2):
            wanting.received[POINTS].clear()
            wanting.received[STATIC_INFO].clear()
            assert wanting.until(lambda: wanting.received[STATIC_INFO])
        assert wanting.until(lambda: len(wanting.received[STATIC_INFO]) > 3)
        assert not wanting.received[POINTS]
    assert well(wanting), wanting.diagnosis


@pytest.mark.parametrize("region", [False, True], ids=["binned", "a region, binned"])
def test_points_and_calibrations_are_those_of_the_image_that_they_accompany(
    wanting: FilmingRobot, region: bool
) -> None:
    info = calibration(
        width=2 * WIDTH + 40 * region,
        height=2 * HEIGHT + 20 * region,
        binning_x=2,
        binning_y=2,
        k=[300.0, 0, WIDTH + 30.0 * region, 0, 300.0, HEIGHT + 15.0 * region, 0, 0, 1],
        p=[300.0, 0, WIDTH + 30.0 * region, 0, 0, 300.0, HEIGHT + 15.0 * region, 0, 0, 0, 1, 0],
    )
    if region:
        info.roi.x_offset, info.roi.y_offset, info.roi.width, info.roi.height = 30, 15, 2 * WIDTH, 2 * HEIGHT

    def black(colour: Image) -> None:  # all of it is foreground
        colour.data[:] = type(colour.data)("B", bytes(len(colour.data)))
        rgbd(wanting, Depth(wanting, depth_image()), info)(colour)

    with wanting.behaving(rate=10.0, spoil=black):

        def wide() -> np.ndarray:
            clouds = wanting.received[POINTS]
            return np.frombuffer(clouds[-1].data, np.float32).reshape(-1, 3) if clouds else np.empty((0, 3))

        assert wanting.until(lambda: len(wide()) == WIDTH * HEIGHT)
        x, y, z = wide().T
        assert x.min() == pytest.approx(-WIDTH / 2 / 150 * 2)
        assert x.max() == pytest.approx((WIDTH / 2 - 1) / 150 * 2)
        assert y.min() == pytest.approx(-HEIGHT / 2 / 150 * 2)
        assert (z == 2).all()
        for topic in (INFO, STATIC_INFO):
            come = wanting.received[topic]
            # The first ones are of the calibration before, which has no P.
            assert wanting.until(lambda come=come: come and come[-1].p[0])
            found = come[-1]
            assert (found.width, found.height) == (WIDTH, HEIGHT)
            assert found.k.tolist() == MATRIX
            assert found.p.tolist() == [150.0, 0, WIDTH / 2, 0, 0, 150.0, HEIGHT / 2, 0, 0, 0, 1, 0]
            assert (found.binning_x, found.binning_y, found.roi.width, found.roi.x_offset) == (0, 0, 0, 0)
            assert found.header.frame_id == "camera"
        assert wanting.until(lambda: wanting.diagnosis.level == DiagnosticStatus.OK), wanting.diagnosis


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"k": [300.0, 0, WIDTH, 0, 300.0, HEIGHT, 0, 0, 1]}, "far from the middle: is K of another size?"),
        ({"p": [75.0, 0, WIDTH / 2, 0, 0, 75.0, HEIGHT / 2, 0, 0, 0, 1, 0]}, "points are made with K"),
        ({"frame": "depth"}, "camera_info is in frame depth, the image in camera; expected one"),
    ],
    ids=["of twice the size", "rectified", "in another frame"],
)
def test_a_doubtful_calibration_is_used_and_told(wanting: FilmingRobot, changes: dict[str, Any], said: str) -> None:
    frame = changes.pop("frame", "camera")
    info = calibration(**changes)

    def beside(colour: Image) -> None:
        info.header.stamp, info.header.frame_id = colour.header.stamp, frame
        publish(wanting, "camera_info", info)
        Depth(wanting, depth_image())(colour)

    with wanting.behaving(rate=10.0, spoil=beside):
        assert told(wanting, said), wanting.diagnosis
        assert wanting.until(lambda: wanting.received[POINTS])
    assert well(wanting), wanting.diagnosis


def test_a_calibration_that_never_comes_is_told(wanting: FilmingRobot) -> None:
    # The node has one from the test before, and would take it for the camera's until it begins again.
    assert wanting.change("deactivate")
    assert wanting.change("activate")
    with wanting.behaving(rate=10.0, spoil=rgbd(wanting, Depth(wanting, depth_image()), None)):
        assert told(wanting, "no camera_info on /camera_info (0 publishers)"), wanting.diagnosis
        publish(wanting, "camera_info", Image())
        assert told(wanting, "/camera_info carries sensor_msgs/msg/Image, expected sensor_msgs/msg/CameraInfo")
    assert well(wanting), wanting.diagnosis


def test_several_things_that_are_wrong_do_not_hide_each_other(wanting: FilmingRobot) -> None:
    with wanting.behaving(rate=10.0, spoil=rgbd(wanting, None, calibration(width=640, height=480))):
        assert told(wanting, "no depth on /depth")
        assert told(wanting, "; no depth"), wanting.diagnosis
        assert "camera_info is of 640x480" in wanting.diagnosis.message
    assert well(wanting), wanting.diagnosis


def test_what_nobody_wants_is_not_missed(node: tuple[FilmingRobot, Segment]) -> None:
    robot, _ = node
    robot.unplug()
    assert robot.until(lambda: robot.diagnosis.level == DiagnosticStatus.OK)
    with robot.behaving(rate=10.0):
        before = robot.diagnosis
        for _ in range(4):
            seen = robot.diagnosis
            assert robot.until(lambda seen=seen: robot.diagnosis is not seen)
            assert robot.diagnosis.level == DiagnosticStatus.OK, robot.diagnosis
        assert before is not robot.diagnosis


def test_a_calibration_alone_waits_for_masks_and_says_so(node: tuple[FilmingRobot, Segment]) -> None:
    robot, _ = node
    subscription = robot.node.create_subscription(CameraInfo, INFO, lambda message: None, 10)
    robot.leave()
    assert robot.until(lambda: "~/camera_info comes only with masks" in robot.diagnosis.message)
    assert robot.diagnosis.level == DiagnosticStatus.OK
    robot.node.destroy_subscription(subscription)
    robot.listen()
    assert robot.until(lambda: "masks a second" in robot.diagnosis.message)


def test_hold_with_stamps_of_0_is_told(node: tuple[FilmingRobot, Segment]) -> None:
    robot, _ = node
    assert robot.set(hold=1.0).successful
    with robot.behaving(stamp=lambda now: 0):
        assert told(robot, "stamps are 0: hold uses stamps")
    assert robot.set(hold=0.0).successful
    assert robot.until(lambda: robot.diagnosis.level == DiagnosticStatus.OK)


def test_stamps_that_tell_no_age_are_told_as_such(node: tuple[FilmingRobot, Segment]) -> None:
    robot, _ = node
    with robot.behaving(stamp=lambda now: 0):
        assert robot.until(lambda: robot.told.get("age") == "none: stamps are 0"), robot.told
        assert "age p95 (ms)" not in robot.told
        assert "no age: stamps are 0" in robot.diagnosis.message
        assert robot.diagnosis.level == DiagnosticStatus.OK
    assert robot.until(lambda: 0 <= float(robot.told.get("age p95 (ms)", -1)) < 10_000)
    assert "age" not in robot.told


def test_stamps_that_stand_still_are_told_and_with_hold_what_they_keep(node: tuple[FilmingRobot, Segment]) -> None:
    robot, _ = node
    stopped = time.time_ns()
    with robot.behaving(stamp=lambda now: stopped):
        assert told(robot, "stamps are all the same: masks cannot be matched to images")
        assert robot.set(hold=1.0).successful
        assert told(robot, "stamps are all the same: hold uses stamps, so nothing ever expires")
    assert robot.set(hold=0.0).successful
    assert robot.until(lambda: robot.diagnosis.level == DiagnosticStatus.OK)
