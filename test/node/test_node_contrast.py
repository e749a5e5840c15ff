# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""A covered lens before the real node, over real DDS."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from support import tiny_model

pytest.importorskip("rclpy", reason="needs rclpy, from ROS or its wheels")

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from support.robot import Robot, Segment, image, model

MASK = "segmenter/foreground_mask"
ROOM = np.full((96, 128, 3), 230, np.uint8)
ROOM[:, :64] = 20
COVERED = np.full((96, 128, 3), 230, np.uint8)
WARNING = "the model is unsure of this view: its output shows almost no contrast (0.00, rooms have 1.50 or more)"


class WatchedCamera:
    """A camera, and what the node says of itself meanwhile."""

    def __init__(self, robot: Robot, segment: Segment) -> None:
        self.robot, self.segment = robot, segment
        robot.subscribe("/diagnostics", DiagnosticArray)

    def reports(self) -> list[DiagnosticStatus]:
        return [message.status[0] for message in self.robot.received["/diagnostics"]]

    def values(self) -> dict[str, str]:
        return {value.key: value.value for value in self.reports()[-1].values} if self.reports() else {}

    def films(self, rgb: np.ndarray, level: bytes, message: str) -> bool:
        """Show an image again and again until the node says so of it."""

        def told() -> bool:
            self.robot.show(image(rgb))
            self.robot.until(lambda: False, 0.05)
            return bool(self.reports()) and self.reports()[-1].level == level and message in self.reports()[-1].message

        return self.robot.until(told, 30)


@pytest.fixture
def robot() -> Iterator[Robot]:
    robot = Robot()
    yield robot
    robot.close()


@pytest.fixture
def camera(robot: Robot, tmp_path: Path) -> Iterator[WatchedCamera]:
    """Camera of a node whose model has a bound."""
    segment = Segment(model(tiny_model.write(tmp_path / "bounded", contrast={"least": 1.5})))
    yield WatchedCamera(robot, segment)
    segment.close()


def test_a_covered_lens_is_told_and_its_masks_go_on(robot: Robot, camera: WatchedCamera) -> None:
    robot.subscribe(MASK)
    assert camera.films(ROOM, DiagnosticStatus.OK, "masks a second")
    assert robot.until(lambda: camera.values().get("contrast") == "6.56")
    assert camera.films(COVERED, DiagnosticStatus.WARN, WARNING)
    assert "is the lens covered, the room dark, or the camera too close to a wall?" in camera.reports()[-1].message
    assert camera.values()["contrast"] == "0.00"
    assert camera.segment.log().count(WARNING) == 1, "and in the log, for whoever sees no diagnostics"
    assert robot.ask(image(COVERED), MASK) is not None
    assert camera.films(ROOM, DiagnosticStatus.OK, "masks a second")


def test_a_single_bad_frame_is_no_warning(robot: Robot, camera: WatchedCamera) -> None:
    robot.subscribe(MASK)
    assert robot.until(lambda: robot.show(image(ROOM)) and "subscribing so" in camera.segment.log())
    assert camera.films(ROOM, DiagnosticStatus.OK, "masks a second")
    for _ in range(3):
        bad = robot.show(image(COVERED))
        assert robot.until(lambda bad=bad: any(mask.header.frame_id == bad for mask in robot.received[MASK]))
        before = len(camera.reports())
        assert robot.until(lambda before=before: len(camera.reports()) > before)
        assert camera.films(ROOM, DiagnosticStatus.OK, "masks a second")
    assert not [report for report in camera.reports() if WARNING in report.message]


def test_without_a_subscriber_there_is_no_contrast_and_no_warning(robot: Robot, camera: WatchedCamera) -> None:
    assert camera.films(COVERED, DiagnosticStatus.OK, "nobody subscribes")
    assert "contrast" not in camera.values()
    assert camera.values()["frames answered"] == "0"
    robot.subscribe(MASK)
    assert camera.films(COVERED, DiagnosticStatus.WARN, WARNING)
    [subscription] = [found for found in robot.node.subscriptions if found.topic_name == f"/{MASK}"]
    robot.node.destroy_subscription(subscription)
    assert camera.films(COVERED, DiagnosticStatus.OK, "nobody subscribes")
    assert "contrast" not in camera.values()
