# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The real node where there is no home, no passwd entry and no disk to write to, and services that fail."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from support import SUPPORT

pytest.importorskip("rclpy", reason="needs rclpy, from ROS or its wheels")

from rcl_interfaces.msg import Parameter, ParameterValue
from rcl_interfaces.srv import SetParameters, SetParametersAtomically
from soak.camera import FilmingRobot
from std_srvs.srv import Trigger
from support.container_node import UNABLE
from support.going_on import goes_on
from support.robot import Segment

from bgflow_ros.node.log_files import log_arguments

CONTAINER = (str(SUPPORT / "container_node.py"),)
FAILING = (str(SUPPORT / "failing_services.py"),)


@pytest.fixture
def start(
    start: Callable[..., Segment], robot: FilmingRobot, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Segment]:
    """Starts a program that is the node, and waits for its masks."""
    for name in ("ROS_HOME", "ROS_LOG_DIR", "CONTAINER_HOME"):
        monkeypatch.delenv(name, raising=False)

    def start_and_wait(program: tuple[str, ...], **parameters: object) -> Segment:
        segment = start(program=program, **parameters)
        robot.until(lambda: robot.masks or segment.process.poll() is not None)
        if segment.process.poll() == UNABLE:
            pytest.skip("this system lets nobody make a user namespace")
        assert robot.masks, segment.log()
        return segment

    return start_and_wait


def saved(robot: FilmingRobot) -> Trigger.Response:
    return robot.call(Trigger, "segmenter/save_frame", Trigger.Request())


def test_without_a_home_it_starts_and_says_why_no_frame_is_saved(robot: FilmingRobot, start) -> None:
    segment = start(CONTAINER)
    assert segment.log().count("no log file in ~/.ros/log: HOME is not set; logging to the console only") == 1
    for _ in range(2):
        answer = saved(robot)
        assert not answer.success
        assert "HOME is not set, and user 12345 has no passwd entry" in answer.message
        assert "save_folder" in answer.message
    assert robot.call(Trigger, "segmenter/reset", Trigger.Request()).success
    goes_on(robot, segment)


@pytest.mark.parametrize("folder", ["/frames", "~/frames"])
def test_on_a_read_only_disk_it_starts_and_says_why_no_frame_is_saved(
    robot: FilmingRobot, start, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folder: str
) -> None:
    monkeypatch.setenv("CONTAINER_HOME", str(tmp_path))
    segment = start(CONTAINER, save_folder=folder)
    assert "no log file in ~/.ros/log: Read-only file system; logging to the console only" in segment.log()
    answer = saved(robot)
    assert not answer.success
    where = str(tmp_path / "frames") if folder.startswith("~") else folder
    assert f"{where}/" in answer.message
    assert "cannot be written: Read-only file system" in answer.message
    goes_on(robot, segment)


def test_a_folder_in_the_home_is_written(
    robot: FilmingRobot, start, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    start(("-m", "bgflow_ros.node.segment"), save_folder="~/frames")
    answer = saved(robot)
    assert answer.success, answer.message
    assert Path(answer.message).parent == tmp_path / "frames"
    assert Path(answer.message).is_file()


def test_frames_with_stamps_of_0_are_kept_apart_and_found_from_anywhere(
    robot: FilmingRobot, start, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    start(("-m", "bgflow_ros.node.segment"), save_folder="frames")
    with robot.behaving(stamp=lambda now: 0):
        seen = robot.masks
        assert robot.until(lambda: robot.masks > seen + 5)
        answers = [saved(robot) for _ in range(2)]
    names = {Path(answer.message) for answer in answers}
    assert len(names) == 2, "none is written over the other"
    assert {name.parent for name in names} == {tmp_path / "frames"}
    assert all(name.is_file() for name in names)


def test_a_log_file_is_written_wherever_it_can_be(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert log_arguments({"ROS_LOG_DIR": str(tmp_path / "log")}) == []
    assert log_arguments({"ROS_LOG_DIR": "~/log", "HOME": str(tmp_path)}) == []
    assert log_arguments({"ROS_HOME": str(tmp_path / "ros")}) == []
    assert log_arguments({"HOME": str(tmp_path)}) == []
    for folder in ("log", "ros/log", ".ros/log"):
        assert (tmp_path / folder).is_dir()
        assert not list((tmp_path / folder).iterdir())
    assert capsys.readouterr().err == ""
    (tmp_path / "file").write_text("")
    assert log_arguments({"ROS_LOG_DIR": str(tmp_path / "file" / "log")}) != []
    assert capsys.readouterr().err.count("\n") == 1


def test_whatever_a_service_raises_is_its_answer(robot: FilmingRobot, start, tmp_path: Path) -> None:
    segment = start(FAILING, save_folder=tmp_path)
    for what in ("written by the worker", "asked for"):
        answer = saved(robot)
        assert not answer.success
        assert f"RuntimeError: {what}" in answer.message
    answer = robot.call(Trigger, "segmenter/reset", Trigger.Request())
    assert not answer.success
    assert "RuntimeError: nothing is forgotten" in answer.message
    assert robot.until(lambda: "RuntimeError: nothing is forgotten" in robot.diagnosis.message)
    assert not list(tmp_path.iterdir())
    goes_on(robot, segment)


def test_a_parameter_of_no_type_at_all_is_refused(robot: FilmingRobot, start) -> None:
    segment = start(("-m", "bgflow_ros.node.segment"))
    broken = [Parameter(name="hold", value=ParameterValue(type=99))]
    answer = robot.call(
        SetParametersAtomically,
        "segmenter/set_parameters_atomically",
        SetParametersAtomically.Request(parameters=broken),
    )
    assert not answer.result.successful
    assert "99 is not a valid Parameter.Type" in answer.result.reason
    assert not robot.call(SetParameters, "segmenter/set_parameters", SetParameters.Request(parameters=broken)).results
    goes_on(robot, segment)
