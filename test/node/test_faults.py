# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Faults of cameras, subscribers and operators, which the real node survives over real DDS."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs rclpy, from ROS or its wheels")

from diagnostic_msgs.msg import DiagnosticStatus
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from rclpy.qos import ReliabilityPolicy
from sensor_msgs.msg import Image
from soak.camera import MASK, FilmingRobot
from soak.faults import FAULTS, STALLING
from std_srvs.srv import Trigger
from support.going_on import goes_on
from support.robot import TRANSITIONS, Segment, environment, model, pixels

from bgflow_ros.segmentation.message_fields import nanoseconds


@pytest.fixture(scope="module")
def started(tiny: Path) -> Iterator[list[Segment]]:
    """Nodes that were started for this module, the last one of which is shared by its tests."""
    nodes: list[Segment] = []
    yield nodes
    for segment in nodes:
        segment.close()


@pytest.fixture
def node(robot: FilmingRobot, tiny: Path, started: list[Segment]) -> Segment:
    """The node at work: the one that the last test left, or another where that test has harmed it."""
    if started:
        segment = started[-1]
        if robot.until(lambda: robot.masks and robot.told, 10) and "Traceback" not in segment.log():
            return segment
        segment.close()
    started.append(Segment(model(tiny)))
    assert robot.until(lambda: robot.masks and robot.told), started[-1].log()
    return started[-1]


@pytest.mark.parametrize("fault", FAULTS)
def test_it_goes_on_after_whatever_a_soak_does_to_it(robot: FilmingRobot, node: Segment, fault: str) -> None:
    FAULTS[fault](robot, node, random.Random(1), 0.3)
    assert node.process.poll() is None, node.log()
    goes_on(robot, node)


def test_a_slow_camera_is_answered_frame_by_frame(robot: FilmingRobot, node: Segment) -> None:
    with robot.behaving(rate=2.0):
        robot.wait(1)
        masks, published = robot.masks, robot.published
        robot.wait(4)
        assert abs((robot.masks - masks) - (robot.published - published)) <= 1


def test_at_200_hz_the_newest_is_answered_and_the_rest_counted(robot: FilmingRobot, node: Segment) -> None:
    robot.subscribe("segmenter/overlay")  # costs time
    with robot.behaving(rate=200.0, size=(640, 480)):
        robot.wait(1)
        first = len(robot.ages)
        robot.wait(3)
    ages = [age for _, age, _ in robot.ages[first:]]
    assert np.median(ages[-20:]) < 3 * np.median(ages[:20]) + 0.1, "they do not queue up"
    goes_on(robot, node)


def test_two_cameras_on_one_topic_are_a_warning_while_both_are_there(robot: FilmingRobot, node: Segment) -> None:
    second = robot.node.create_publisher(Image, "image", 2)
    assert robot.until(lambda: "2 publishers of images on /image; expected one camera" in robot.diagnosis.message)
    assert robot.diagnosis.level == DiagnosticStatus.WARN
    seen = robot.masks
    assert robot.until(lambda: robot.masks > seen)
    robot.node.destroy_publisher(second)
    goes_on(robot, node)


def test_a_camera_that_is_started_again_is_not_taken_for_frames_lost(robot: FilmingRobot, node: Segment) -> None:
    robot.wait(1)
    lost = robot.counts()[2].get("lost on the way", 0)
    robot.plug(ReliabilityPolicy.RELIABLE)
    goes_on(robot, node)
    assert robot.counts()[2].get("lost on the way", 0) < lost + 30, "its numbers began again"


@pytest.mark.parametrize(
    ("cause", "spoil"),
    {
        "unknown encoding": lambda message: setattr(message, "encoding", "nv99"),
        "truncated data": lambda message: setattr(message, "data", message.data[:-1]),
        "zero size": lambda message: setattr(message, "width", 0),
        "oversized": lambda message: setattr(message, "height", 2**32 - 1),
        "wrong step": lambda message: setattr(message, "step", 159),
    }.items(),
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_wrong_with_a_frame_is_counted_and_diagnosed(
    robot: FilmingRobot, node: Segment, cause: str, spoil: Callable[[Image], None]
) -> None:
    before = robot.counts()[2].get(cause, 0)
    with robot.behaving(spoil=spoil):
        assert robot.until(lambda: cause in robot.diagnosis.message)
        assert robot.diagnosis.level == DiagnosticStatus.WARN
        assert robot.until(lambda: robot.counts()[2][cause] > before + 1), robot.told
        seen = robot.masks
        robot.wait(1)
        assert robot.masks <= seen + 1
    goes_on(robot, node)


def test_data_beyond_the_picture_and_the_endianness_of_bytes_do_not_matter(robot: FilmingRobot, node: Segment) -> None:
    def spoil(message: Image) -> None:
        message.data.extend(b"\x07" * 1000)
        message.is_bigendian = 1

    before = robot.counts()[2]
    with robot.behaving(spoil=spoil):
        robot.wait(1)
        seen = robot.masks
        assert robot.until(lambda: robot.masks > seen + 5)
    counted = {cause for cause, number in robot.counts()[2].items() if number > before.get(cause, 0)}
    assert counted <= {"superseded", "lost on the way"}


STAMPS = {"zero": 0, "negative": -(10**18), "the last of its type": (2**31 - 1) * 10**9, "the past": 10**9}


@pytest.mark.parametrize("stamp", STAMPS.values(), ids=STAMPS)
def test_any_stamp_comes_back_unaltered_and_makes_no_age_up(robot: FilmingRobot, node: Segment, stamp: int) -> None:
    robot.subscribe(MASK)
    with robot.behaving(stamp=lambda now: stamp):  # again and again the same
        assert robot.until(lambda: robot.received[MASK] and nanoseconds(robot.received[MASK][-1].header) == stamp)
        seen, before = robot.masks, robot.diagnosis
        assert robot.until(lambda: robot.masks > seen + 5 and robot.diagnosis is not before and "age" in robot.told)
        assert "age p50 (ms)" not in robot.told
        assert robot.told["age"].startswith("none: stamps are ")
    goes_on(robot, node)


def test_a_stalled_subscriber_holds_up_nobody_else(robot: FilmingRobot, node: Segment) -> None:
    command = [sys.executable, "-c", STALLING, MASK]
    child = subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, text=True)
    try:
        publishers = robot.node.count_subscribers(MASK)
        assert robot.until(lambda: robot.node.count_subscribers(MASK) > publishers)
        robot.wait(1)
        child.send_signal(signal.SIGSTOP)
        robot.wait(1)

        def masks_a_second() -> float:
            masks, began = robot.masks, time.monotonic()
            robot.wait(2)
            return (robot.masks - masks) / (time.monotonic() - began)

        # A publisher that waited 0.1 s for the stalled subscriber each time would never make more than ten a second; on
        # a busy machine some windows have fewer anyway.
        with robot.behaving(rate=30.0):
            assert any(masks_a_second() > 10 for _ in range(10))
        goes_on(robot, node)
    finally:
        child.kill()
        child.communicate()


def test_nothing_is_inferred_while_no_subscriber_is_there(robot: FilmingRobot, node: Segment) -> None:
    def next_report() -> DiagnosticStatus:
        before = robot.diagnosis
        assert robot.until(lambda: robot.diagnosis is not before)
        return robot.diagnosis

    for _ in range(3):
        robot.leave()
        assert robot.until(lambda: "nobody subscribes" in robot.diagnosis.message), robot.diagnosis.message
        next_report()  # what was under way is done by then
        answered = robot.counts()[1]
        next_report()
        assert robot.counts()[1] == answered
        robot.listen()
        seen = robot.masks
        assert robot.until(lambda seen=seen: robot.masks > seen)
    goes_on(robot, node)


def test_a_storm_of_parameters_leaves_a_consistent_state(robot: FilmingRobot, node: Segment) -> None:
    client = robot.node.create_client(SetParameters, "segmenter/set_parameters")
    assert robot.until(client.service_is_ready)
    robot.wait(0.3)
    chance, answers = random.Random(0), []

    def unanswered() -> int:
        return sum(not answer.done() for answer in answers)

    for _ in range(200):
        # A service keeps the newest ten requests and a client ten answers; more at once and some are never answered.
        assert robot.until(lambda: unanswered() < 10)
        changes = {"foreground_threshold": chance.uniform(-0.2, 1.2), "static_threshold": chance.uniform(-0.2, 1.2)}
        request = [Parameter(name, value=value).to_parameter_msg() for name, value in changes.items()]
        answers.append(client.call_async(SetParameters.Request(parameters=request)))
    assert robot.until(lambda: not unanswered())
    results = [result.successful for answer in answers for result in answer.result().results]
    assert any(results)
    assert not all(results)
    assert 0 < robot.get("foreground_threshold") <= robot.get("static_threshold") < 1
    goes_on(robot, node)


NEXT = {
    ("unconfigured", "configure"): "inactive",
    ("inactive", "activate"): "active",
    ("active", "deactivate"): "inactive",
    ("inactive", "cleanup"): "unconfigured",
}
"""Transitions that there are; all others are refused and change nothing."""


@pytest.mark.parametrize("seed", [0, 1])
def test_transitions_in_any_order_while_frames_arrive(robot: FilmingRobot, node: Segment, seed: int) -> None:
    chance, state = random.Random(seed), "active"
    for _ in range(30):
        transition = chance.choice(list(TRANSITIONS))
        follows = NEXT.get((state, transition))
        assert robot.change(transition) == (follows is not None), f"{transition} when {state}"
        state = follows or state
        robot.wait(chance.choice([0.0, 0.1]))
    assert robot.state() == state
    for transition in {"unconfigured": ["configure", "activate"], "inactive": ["activate"], "active": []}[state]:
        assert robot.change(transition)
    goes_on(robot, node)


def test_services_answer_in_every_state(robot: FilmingRobot, node: Segment) -> None:
    for transition in ("deactivate", "cleanup"):
        assert robot.change(transition)
        answer = robot.call(Trigger, "segmenter/save_frame", Trigger.Request())
        assert not answer.success
        assert "not active" in answer.message
        assert robot.call(Trigger, "segmenter/reset", Trigger.Request()).success
    for transition in ("configure", "activate"):
        assert robot.change(transition)


def test_no_output_is_nan_whatever_the_picture(robot: FilmingRobot, node: Segment) -> None:
    robot.subscribe("segmenter/likelihood")
    noise = np.random.default_rng(0)

    def spoil(message: Image) -> None:
        message.data[:] = type(message.data)("B", noise.integers(0, 256, len(message.data), np.uint8).tobytes())

    with robot.behaving(spoil=spoil):
        assert robot.until(lambda: len(robot.received["segmenter/likelihood"]) > 20)
    for message in robot.received["segmenter/likelihood"]:
        likelihood = pixels(message)
        assert ((likelihood >= 0) & (likelihood <= 1)).all()
