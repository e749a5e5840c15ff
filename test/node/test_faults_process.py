# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Faults of the machine under the real node: signals, files, a full disk, a busy processor, a broken driver."""

from __future__ import annotations

import contextlib
import os
import re
import resource
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from support import SUPPORT, tiny_model

pytest.importorskip("rclpy", reason="needs rclpy, from ROS or its wheels")

from diagnostic_msgs.msg import DiagnosticStatus
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from rclpy.qos import ReliabilityPolicy
from soak.camera import Behaviour, FilmingRobot
from std_srvs.srv import Trigger
from support.crowding import crowding
from support.going_on import goes_on

from bgflow_ros.segmentation.files import write_atomically

SIGNALS = {"SIGINT": signal.SIGINT, "SIGTERM": signal.SIGTERM}


def busy(robot: FilmingRobot) -> None:
    assert robot.until(lambda: robot.masks)


def idle(robot: FilmingRobot) -> None:
    busy(robot)
    robot.leave()
    robot.wait(0.5)


def inactive(robot: FilmingRobot) -> None:
    busy(robot)
    assert robot.change("deactivate")


def unconfigured(robot: FilmingRobot) -> None:
    inactive(robot)
    assert robot.change("cleanup")


def finalized(robot: FilmingRobot) -> None:
    unconfigured(robot)
    request = ChangeState.Request(transition=Transition(id=Transition.TRANSITION_UNCONFIGURED_SHUTDOWN))
    assert robot.call(ChangeState, "segmenter/change_state", request).success


def waiting(robot: FilmingRobot) -> None:
    """Wait for a frame to save, which does not arrive."""
    busy(robot)
    robot.behaviour = Behaviour(rate=0.0)
    client = robot.node.create_client(Trigger, "segmenter/save_frame")
    assert robot.until(client.service_is_ready)
    robot.wait(0.3)
    client.call_async(Trigger.Request())
    robot.wait(0.5)


def shared_memory(pid: int) -> set[Path]:
    """Files that a process has open in shared memory; Fast DDS locks its segments and ports by such files."""
    found = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # the one that lists them
            found.add(link.readlink())
    return {file for file in found if file.is_relative_to("/dev/shm")}


@pytest.mark.parametrize("number", SIGNALS.values(), ids=SIGNALS)
@pytest.mark.parametrize("state", [busy, idle, inactive, unconfigured, finalized, waiting], ids=lambda f: f.__name__)
def test_a_signal_ends_it_in_any_state(
    robot: FilmingRobot, start, state: Callable[[FilmingRobot], None], number: signal.Signals
) -> None:
    segment = start()
    state(robot)
    locks = shared_memory(segment.process.pid) - shared_memory(os.getpid())
    assert locks, "it uses shared memory"
    status, seconds = segment.stop(number)
    assert status == 0, segment.log()
    assert seconds < 2 * crowding()
    assert "Traceback" not in segment.log()
    # Ports are numbered for the whole machine, and the next participant may have taken the number already.
    own = [file for file in locks if "port" not in file.name]
    assert own
    for file in own:
        assert not file.exists(), "left behind"
        assert not file.with_name(file.name.removesuffix("_el")).exists(), "left behind"


@pytest.mark.parametrize("number", SIGNALS.values(), ids=SIGNALS)
@pytest.mark.parametrize("seconds", [0.0, 0.1, 0.2, 0.3, 0.5, 1.0])
def test_a_signal_ends_it_while_it_starts(
    robot: FilmingRobot, start, seconds: float, number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Coverage starts with Python's own start, where an interrupt is lost.
    monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
    monkeypatch.setenv("PYTHONPROFILEIMPORTTIME", "1")
    segment = start(afresh=True)
    # Python's own start is its own affair: ours begins with what the node imports first.
    assert robot.until(lambda: re.search(r"\| +rclpy\.", segment.log()))
    time.sleep(seconds)
    status, took = segment.stop(number)
    assert status in (0, -number), segment.log()
    assert took < 2 * crowding()
    assert "Traceback" not in segment.log()


def test_killed_and_started_again_it_gives_masks_within_five_seconds(robot: FilmingRobot, start) -> None:
    robot.plug(ReliabilityPolicy.BEST_EFFORT)  # test_restarts.py has the other
    segment = start(afresh=True)
    busy(robot)
    segment.stop(signal.SIGKILL)
    robot.wait(0.5)
    masks, began = robot.masks, time.monotonic()
    again = start(afresh=True)
    assert robot.until(lambda: robot.masks > masks)
    assert time.monotonic() - began < 5 * crowding()
    goes_on(robot, again)


def swap(folder: Path) -> None:
    other = (folder / "model.onnx").read_bytes().replace(b"tiny", b"tins")
    (folder / "model.onnx").write_bytes(other)


FILES = {
    "missing": (lambda folder: (folder / "model.onnx").unlink(), "is missing or unreadable"),
    "truncated": (lambda folder: os.truncate(folder / "model.onnx", 100), "has been altered"),
    "swapped": (swap, "has been altered"),
    "without manifest": (lambda folder: (folder / "manifest.yaml").unlink(), "manifest.yaml cannot be read"),
    "emptied manifest": (lambda folder: os.truncate(folder / "manifest.yaml", 0), "is invalid at"),
}


def test_harm_to_the_model_s_files_shows_when_it_is_configured_next(robot: FilmingRobot, start, tmp_path: Path) -> None:
    own_model = tiny_model.write(tmp_path / "m")
    files = {file: file.read_bytes() for file in own_model.iterdir()}
    segment = start(model=own_model)
    busy(robot)
    for name, (harm, reason) in FILES.items():
        harm(own_model)
        goes_on(robot, segment)  # what runs is in memory
        assert robot.change("deactivate")
        assert robot.change("cleanup")
        assert not robot.change("configure"), name
        assert robot.until(lambda reason=reason: reason in robot.diagnosis.message), (name, robot.diagnosis.message)
        assert robot.diagnosis.level == DiagnosticStatus.ERROR
        assert robot.state() == "unconfigured"
        for file, content in files.items():
            file.write_bytes(content)
        assert robot.change("configure"), name
        assert robot.change("activate")
    goes_on(robot, segment)


def test_a_full_disk_is_told_to_whoever_saves_and_to_nobody_else(robot: FilmingRobot, start, tmp_path: Path) -> None:
    folder = tmp_path / "frames"
    segment = start(save_folder=folder)
    busy(robot)
    # The kernel's answer to a file beyond this size is the one to a full disk but for its number.
    resource.prlimit(segment.process.pid, resource.RLIMIT_FSIZE, (16, resource.RLIM_INFINITY))
    answer = robot.call(Trigger, "segmenter/save_frame", Trigger.Request())
    assert not answer.success
    assert "cannot be written: File too large" in answer.message
    assert not list(folder.iterdir()), "nothing half"
    resource.prlimit(segment.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    answer = robot.call(Trigger, "segmenter/save_frame", Trigger.Request())
    assert answer.success
    assert Path(answer.message).is_file()
    goes_on(robot, segment)


@pytest.fixture
def failures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Says how often inference fails in all."""
    file = tmp_path / "failures"
    file.write_text("0")
    monkeypatch.setenv("FAILURES", str(file))
    return file


FAILING = (str(SUPPORT / "failing_node.py"),)


def test_inference_that_fails_once_costs_one_frame(robot: FilmingRobot, start, failures: Path) -> None:
    segment = start(program=FAILING)
    busy(robot)
    write_atomically(failures, b"1")
    assert robot.until(lambda: "inference failed: RuntimeError: the driver is gone" in robot.diagnosis.message)
    assert robot.counts()[2]["inference failed"] == 1
    goes_on(robot, segment)
    assert "created again" not in segment.log()


def test_inference_that_fails_for_good_is_mended_again_and_again(robot: FilmingRobot, start, failures: Path) -> None:
    segment = start(program=FAILING)
    busy(robot)
    write_atomically(failures, b"1000000")
    assert robot.until(lambda: "inference failed" in robot.diagnosis.message)
    assert robot.diagnosis.level == DiagnosticStatus.WARN
    masks = robot.masks
    assert robot.until(lambda: segment.log().count("created again on cpu") > 2)
    assert robot.masks == masks
    assert robot.state() == "active"
    write_atomically(failures, b"0")
    goes_on(robot, segment)


def test_with_a_tenth_of_the_processor_masks_come_less_often_and_not_ever_later(robot: FilmingRobot, start) -> None:
    segment = start()
    busy(robot)
    stop = threading.Event()

    def starve() -> None:
        while not stop.is_set():
            segment.process.send_signal(signal.SIGSTOP)
            time.sleep(0.09)
            segment.process.send_signal(signal.SIGCONT)
            time.sleep(0.01)

    starving = threading.Thread(target=starve)
    starving.start()
    try:
        robot.wait(2)
        first = len(robot.ages)
        robot.wait(6)
    finally:
        stop.set()
        starving.join()
    ages = [age for _, age, _ in robot.ages[first:]]
    assert len(ages) > 6
    assert np.median(ages) < crowding()
    assert np.median(ages[len(ages) // 2 :]) < 2 * np.median(ages[: len(ages) // 2]) + 0.1
    goes_on(robot, segment)
