# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The node `patrol` beside the segmenter, over real DDS."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import yaml

pytest.importorskip("rclpy", reason="needs rclpy, from ROS or its wheels")

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image
from support.robot import PATIENCE, Robot, Segment, image, model

from bgflow_ros.node.patrol import PARAMETERS

if os.environ.get("BGFLOW_TEST_ROS") == "humble":
    pytest.skip("the stand-in for Humble starts the segmenter alone", allow_module_level=True)

REPORT, MASK = "patrol/report", "segmenter/foreground_mask"
LATCHED = QoSProfile(depth=10, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL)
PATROL = ("-m", "bgflow_ros.node.patrol")


@pytest.fixture
def robot() -> Iterator[Robot]:
    robot = Robot()
    robot.subscribe("/diagnostics", DiagnosticArray)
    yield robot
    robot.close()


@pytest.fixture
def start() -> Iterator[Callable[..., Segment]]:
    started: list[Segment] = []

    def begin(*arguments: object, **how: object) -> Segment:
        started.append(Segment(*arguments, **how))
        return started[-1]

    yield begin
    for segment in started:
        segment.close()


def corridor(thing: bool) -> np.ndarray:
    """Bright room, which is background to the tiny model, perhaps with a dark thing left in it."""
    rgb = np.full((120, 160, 3), 240, np.uint8)
    if thing:
        rgb[60:100, 40:80] = 10
    return rgb


def listen(robot: Robot) -> list[DiagnosticStatus]:
    """Collect reports, those from before included."""
    reports: list[DiagnosticStatus] = []
    robot.node.create_subscription(DiagnosticStatus, REPORT, reports.append, LATCHED)
    return reports


def states(robot: Robot) -> list[DiagnosticStatus]:
    return [
        status
        for message in robot.received["/diagnostics"]
        for status in message.status
        if status.name == "/patrol: patrol"
    ]


def masks(status: DiagnosticStatus) -> int:
    """Number of masks that have come."""
    return int({pair.key: pair.value for pair in status.values}["masks"])


def film(robot: Robot, shown: np.ndarray, done: Callable[[], object], seconds: float = PATIENCE) -> bool:
    """Show an image ten times a second until a condition is met."""
    message = image(shown)
    deadline = time.monotonic() + seconds
    while not done() and time.monotonic() < deadline:
        robot.show(message)
        robot.until(done, 0.1)
    return bool(done())


def test_a_thing_left_behind_is_reported_once_and_shown_as_long_as_it_is_there(robot: Robot, start, tiny: Path) -> None:
    segment = start(model(tiny))
    patrol = start({"persistence": 1.0, "gap": 2.0}, program=PATROL)
    reports = listen(robot)

    def told(level: bytes) -> Callable[[], bool]:
        return lambda: any(status.level == level and masks(status) > 0 for status in states(robot)[-1:])

    assert film(robot, corridor(False), told(DiagnosticStatus.OK)), patrol.log() + segment.log()
    assert states(robot)[-1].message == "nothing foreign"
    assert film(robot, corridor(True), lambda: reports), patrol.log() + segment.log()
    assert film(robot, corridor(True), told(DiagnosticStatus.WARN))
    assert film(robot, corridor(False), told(DiagnosticStatus.OK))
    [report] = reports
    assert report.level == DiagnosticStatus.WARN
    assert report.message.startswith("a foreign object: ")
    values = {pair.key: pair.value for pair in report.values}
    left, top, width, height = map(int, values["object 1"].split())
    assert np.abs(np.subtract((left, top, left + width, top + height), (40, 60, 80, 100))).max() <= 12
    assert float(values["object 1 seconds"]) >= 1.0
    assert values["frame"].startswith("camera_")
    assert "a foreign object: " in patrol.log()
    late = listen(robot)
    assert robot.until(lambda: late), "who comes later hears of it, too"
    assert patrol.stop(signal.SIGINT)[0] == 0


def test_a_camera_without_stamps_is_watched_too(robot: Robot, start) -> None:
    patrol = start({"persistence": 0.5, "gap": 5.0}, program=PATROL)
    reports = listen(robot)
    publisher = robot.publisher(Image, MASK, ReliabilityPolicy.RELIABLE)
    message = image(np.where(corridor(True)[..., 0] < 100, np.uint8(255), np.uint8(0)), "mono8")

    def show() -> list[DiagnosticStatus]:
        publisher.publish(message)
        return reports

    assert robot.until(show), patrol.log()


def test_what_ros_refuses_is_one_line(start) -> None:
    patrol = start({"persistence": 3}, program=PATROL)  # a whole number
    assert patrol.process.wait(PATIENCE) == 2
    [line] = patrol.log().strip().splitlines()
    assert line.startswith("patrol: ")
    assert "persistence" in line


def test_without_masks_it_says_so(robot: Robot, start) -> None:
    start({}, program=PATROL)
    assert robot.until(lambda: states(robot))
    assert states(robot)[0].message == "no mask yet on /segmenter/foreground_mask"
    assert robot.until(lambda: any(status.level == DiagnosticStatus.ERROR for status in states(robot)))
    [*told] = [status.message for status in states(robot) if status.level == DiagnosticStatus.ERROR]
    assert "s on /segmenter/foreground_mask; does the segmenter run?" in told[0]


def test_the_parameter_file_says_the_defaults() -> None:
    file = Path(__file__).resolve().parents[2] / "config" / "patrol.yaml"
    given = yaml.safe_load(file.read_text())["/**/patrol"]["ros__parameters"]
    assert given == {name: default for name, (default, *_) in PARAMETERS.items()}
