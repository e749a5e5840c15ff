# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""`~/adapt`: the node records what the camera sees, and the model that is adapted to it takes over."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs rclpy, from ROS or its wheels")

from diagnostic_msgs.msg import DiagnosticArray
from std_srvs.srv import Trigger
from support.robot import PATIENCE, Robot, Segment, image, model

from bgflow_ros.node import adaptation

ROOM = Path(__file__).resolve().parents[2] / "demo" / "room" / "rgb.mp4"
MASK = "segmenter/foreground_mask"
SECONDS = 5.0
needs_adapt = pytest.mark.skipif(bool(adaptation.missing_command()), reason="needs bgflow adapt, the adapt extra")


@pytest.fixture
def robot() -> Iterator[Robot]:
    robot = Robot()
    yield robot
    robot.close()


@pytest.fixture
def start(robot: Robot) -> Iterator[Callable[..., Segment]]:
    started: list[Segment] = []

    def begin(what: Path | str, **parameters: object) -> Segment:
        segment = Segment(model(what, adapt_seconds=SECONDS, **parameters))
        started.append(segment)
        assert robot.until(lambda: robot.state() == "active"), segment.log()
        return segment

    yield begin
    for segment in started:
        segment.close()


@pytest.fixture(scope="module")
def drive() -> list[np.ndarray]:
    """Frames of the rendered room, a third of a second apart."""
    capture = cv2.VideoCapture(str(ROOM))
    frames = []
    while (read := capture.read())[0]:
        frames.append(cv2.cvtColor(read[1], cv2.COLOR_BGR2RGB))
    return frames[::10]


def call(robot: Robot, frames: list[np.ndarray], patience: float = 2 * PATIENCE) -> Trigger.Response:
    """Call the service while the camera films."""
    client = robot.node.create_client(Trigger, "segmenter/adapt")
    assert robot.until(client.service_is_ready)
    robot.until(lambda: False, 0.3)
    future = client.call_async(Trigger.Request())
    deadline = time.monotonic() + patience
    number = 0
    while not future.done() and time.monotonic() < deadline:
        robot.show(image(frames[number % len(frames)]))
        robot.until(future.done, 0.1)
        number += 1
    answer = future.result()
    assert answer is not None, "it is never answered"
    return answer


def values(robot: Robot) -> dict[str, str]:
    """Newest diagnostics of the node."""
    messages = robot.received["/diagnostics"]
    return {pair.key: pair.value for pair in messages[-1].status[0].values} if messages else {}


@needs_adapt
@pytest.mark.timeout(240)
def test_the_adapted_model_takes_over_while_masks_go_on(
    robot: Robot, start, drive: list[np.ndarray], tmp_path: Path
) -> None:
    segment = start("default", adapt="drive", save_folder=tmp_path)
    robot.subscribe(MASK)
    robot.subscribe("/diagnostics", DiagnosticArray)
    assert robot.ask(image(drive[0]), MASK) is not None, segment.log()
    before = np.array(robot.received[MASK][-1].data)
    answer = call(robot, drive, 6 * PATIENCE)
    assert answer.success, answer.message
    [folder] = [path for path in tmp_path.iterdir() if (path / "manifest.yaml").exists()]
    assert answer.message.startswith(f"{folder}: of ")
    assert (folder / "adaptation.png").exists()
    [images] = [path for path in tmp_path.iterdir() if path != folder]
    assert images.name == f"{folder.name}_images"
    assert 10 <= len(list(images.glob("*.png"))) <= adaptation.IMAGES
    told = [pair.value for message in robot.received["/diagnostics"] for pair in message.status[0].values]
    assert any(value.startswith("recording, ") for value in told)
    assert "adapting the model" in told
    assert robot.until(lambda: values(robot).get("model") == folder.name), segment.log()
    assert "adaptation" not in values(robot)
    # Every image got its mask from one of the two models.
    assert len(robot.received[MASK]) > 20
    robot.received[MASK].clear()
    assert robot.ask(image(drive[0]), MASK) is not None
    assert (np.array(robot.received[MASK][-1].data) != before).any()
    # A second drive begins with the model that was configured.
    assert robot.get("model") == "default"


@needs_adapt
def test_a_model_that_cannot_be_adapted_stays(robot: Robot, start, tiny: Path, drive, tmp_path: Path) -> None:
    start(tiny, adapt="empty", save_folder=tmp_path)
    robot.subscribe("/diagnostics", DiagnosticArray)
    answer = call(robot, drive)
    assert not answer.success
    assert answer.message.startswith("the model stays as it was: bgflow adapt: ")
    assert robot.until(lambda: values(robot).get("model") == "tiny")
    robot.subscribe(MASK)
    assert robot.ask(image(drive[0]), MASK) is not None


def test_it_is_off_by_default_and_says_so(robot: Robot, start, tiny: Path) -> None:
    start(tiny)
    answer = robot.call(Trigger, "segmenter/adapt", Trigger.Request())
    assert not answer.success
    assert "adapt is never; start the node with drive" in answer.message
    result = robot.set(adapt="empty")
    assert not result.successful
    assert "read when the node is configured" in result.reason


@needs_adapt
def test_only_one_drive_is_recorded_at_a_time_and_ends_with_the_node_s_activity(
    robot: Robot, start, tiny: Path, drive, tmp_path: Path
) -> None:
    start(tiny, adapt="drive", save_folder=tmp_path)
    assert robot.set(adapt_seconds=3600.0).successful
    client = robot.node.create_client(Trigger, "segmenter/adapt")
    assert robot.until(client.service_is_ready)
    robot.until(lambda: False, 0.3)
    first = client.call_async(Trigger.Request())
    while not any(tmp_path.glob("*_images/*.png")):
        robot.show(image(drive[0]))
        robot.until(first.done, 0.1)
        assert not first.done(), first.result()
    second = robot.call(Trigger, "segmenter/adapt", Trigger.Request())
    assert not second.success
    assert "the node adapts already: recording, " in second.message
    assert robot.change("deactivate")
    assert robot.until(first.done)
    assert not first.result().success
    assert first.result().message == "the node was deactivated; the model stays as it was"
    answer = robot.call(Trigger, "segmenter/adapt", Trigger.Request())
    assert "activate it first" in answer.message


@needs_adapt
def test_without_images_it_gives_up(robot: Robot, start, tiny: Path, tmp_path: Path) -> None:
    start(tiny, adapt="drive", save_folder=tmp_path)
    assert robot.set(adapt_seconds=60.0).successful
    answer = robot.call(Trigger, "segmenter/adapt", Trigger.Request())
    assert not answer.success
    assert "no image for 10 s after 0; nothing was adapted; 0 publishers on /image" in answer.message


def test_what_is_missing_is_told_before_anything_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adaptation, "NEEDED", ("numpy", "no_such_package"))
    assert "without no_such_package: in the checkout, pip install '.[adapt]'" in adaptation.missing_command()


def test_cameras_record_into_folders_of_their_own(tmp_path: Path) -> None:
    first, other = (
        adaptation.Request(tmp_path, name, "default", True, 5.0, 256) for name in ("/front/segmenter", "/s")
    )
    assert first.images != other.images
    assert first.out != other.out
    assert "--empty" in first.command
