# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Diagnostics made from the status of the node, and the counters and ages that go into it."""

from __future__ import annotations

import dataclasses
import time
from typing import Any, NamedTuple

import pytest

pytest.importorskip("rclpy", reason="needs rclpy, from ROS or its wheels")

from diagnostic_msgs.msg import DiagnosticStatus

from bgflow_ros.node.ages import Ages
from bgflow_ros.node.arrivals import Arrivals
from bgflow_ros.node.contrast import Contrast
from bgflow_ros.node.diagnostics import Complaints, diagnostic_status
from bgflow_ros.node.drops import Drops
from bgflow_ros.node.status import Camera, Demand, NodeStatus, Rates

OK, WARN, ERROR = DiagnosticStatus.OK, DiagnosticStatus.WARN, DiagnosticStatus.ERROR
WELL = NodeStatus(
    "/front/segmenter",
    "active",
    camera=Camera("/front/image", publishers=1),
    demand=Demand(masks=True),
    rates=Rates(input=30.0, output=29.9),
)
UNSURE = {"contrast": 0.157, "min_contrast": 0.73, "featureless": 1.0}


def but(**changes: Any) -> NodeStatus:
    """The status of a node that is well, but for these fields, and those of its parts that a dictionary names."""
    parts = {
        name: dataclasses.replace(getattr(WELL, name), **change) if isinstance(change, dict) else change
        for name, change in changes.items()
    }
    return dataclasses.replace(WELL, **parts)


@pytest.mark.parametrize(
    ("changes", "level", "message"),
    [
        ({}, OK, "29.9 masks a second of 30.0 images"),
        ({"state": "inactive"}, OK, "inactive"),
        ({"state": "unconfigured", "faults": {"refusal": "no model 'x'"}}, ERROR, "not configured: no model 'x'"),
        ({"demand": {"masks": False}}, OK, "nobody subscribes; nothing is inferred"),
        ({"camera": {"silence": 1.5}}, WARN, "no image for 2 s on /front/image (1 publisher)"),
        (
            {"camera": {"silence": 6.0}},
            ERROR,
            "no image for 6 s on /front/image (1 publisher); see config/fastdds_shm.xml, for the",
        ),
        ({"camera": {"silence": 6.0, "publishers": 0}}, ERROR, "no image for 6 s on /front/image (0 publishers)"),
        ({"inference": {"degraded": "inference runs on the CPU after"}}, ERROR, "inference runs on the CPU after"),
        ({"faults": {"frame": "wrong step: 1"}}, WARN, "wrong step: 1"),
        ({"rates": {"lost": 6.0}}, WARN, "20 % of the images are lost on the way"),
        ({"rates": {"lost": 2.0}}, OK, "masks a second"),
        (
            {"view": UNSURE},
            WARN,
            "the model is unsure of this view: its output shows almost no contrast (0.16, rooms have 0.73 or more); is",
        ),
        ({"view": UNSURE | {"featureless": 0.9}}, OK, "masks a second"),
        ({"view": UNSURE | {"featureless": 9.0}, "demand": {"masks": False}}, OK, "nobody subscribes"),
        ({"camera": {"publishers": 2}}, WARN, "2 publishers of images on /front/image; expected one camera"),
        ({"faults": {"failure": "tick failed"}}, WARN, "tick failed"),
        ({"faults": {"complaints": ["no depth", "no camera_info"]}}, WARN, "no depth; no camera_info"),
        ({"faults": {"frame": "no depth", "complaints": ["no depth"]}}, WARN, "no depth"),
        ({"camera": {"obstacle": "of another type", "silence": 6.0}}, ERROR, "(1 publisher); of another type"),
        ({"state": "inactive", "camera": {"silence": 6.0}}, OK, "inactive"),
        (
            {"demand": {"masks": False, "only_info": True}},
            OK,
            "nothing is inferred; ~/camera_info comes only with masks",
        ),
        ({"age": {"unknown": "stamps are 0"}}, OK, "29.9 masks a second of 30.0 images; no age: stamps are 0"),
    ],
)
def test_levels(changes: dict[str, Any], level: bytes, message: str) -> None:
    told = diagnostic_status(but(**changes))
    assert told.level == level
    assert told.message.startswith(message) or message in told.message
    assert told.name == "/front/segmenter: segmentation"


def test_everything_is_told_as_values() -> None:
    told = diagnostic_status(
        but(
            counts={"received": 9, "answered": 5, "dropped": {"superseded": 3}},
            age={"seconds": [0.01] * 90 + [0.05] * 10},
            inference={"facts": {"model": "m"}},
            faults={"last_frame": "odd size"},
            view={"contrast": 2.518},
        )
    )
    values = {value.key: value.value for value in told.values}
    assert values["age p50 (ms)"] == "10.0"
    assert values["age p95 (ms)"] == "50.0"
    assert values["frames received"] == "9"
    assert values["frames answered"] == "5"
    assert values["dropped: superseded"] == "3"
    assert values["model"] == "m"
    assert values["contrast"] == "2.52"
    assert values["last refusal"] == "odd size"


def test_several_faults_are_told_together_at_the_level_of_the_worst() -> None:
    worst = but(
        faults={"complaints": ["no depth"], "frame": "wrong step"},
        inference={"degraded": "inference runs on the CPU"},
        camera={"publishers": 2},
    )
    told = diagnostic_status(worst)
    assert told.level == ERROR
    assert told.message == (
        "inference runs on the CPU; wrong step; no depth; 2 publishers of images on /front/image; expected one camera"
    )


def test_complaints_are_logged_when_they_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    now, lines = 100.0, []
    monkeypatch.setattr(time, "monotonic", lambda: now)
    complaints = Complaints(lines.append)
    for moment, found in ((100.0, ["none"]), (101.0, ["far: 4.7 ms", "none"]), (102.0, []), (103.0, ["far: 31 ms"])):
        now = moment
        complaints.update(found)
    assert lines == ["none", "far: 4.7 ms"], "it comes and goes"
    for moment, found in ((120.0, []), (121.0, ["", "far: 12 ms", "none"])):
        now = moment
        complaints.update(found)
    assert sorted(lines[2:]) == ["far: 12 ms", "none"]


DAY = 86400 * 10**9


@pytest.mark.parametrize(
    ("now", "stamp", "seconds", "none"),
    [
        (5 * 10**9, 4 * 10**9, (1.0,), ""),
        (5 * 10**9, 5 * 10**9 + 10_000_000, (0.0,), ""),
        (5 * 10**9, 0, (), "stamps are 0"),
        (0, 5 * 10**9, (), "use_sim_time is set, and no time has come on /clock"),
        (20000 * DAY, 100 * DAY, (), "stamps are 19900 days behind the node's clock"),
        (10**9, 3601 * 10**9, (), "stamps are 3.6e+03 s ahead of the node's clock"),
        (100 * 10**9, -(10**9), (), "stamps are 101 s behind the node's clock"),
    ],
)
def test_ages_are_told_as_far_as_stamps_and_clock_make_sense(
    now: int, stamp: int, seconds: tuple[float, ...], none: str
) -> None:
    ages = Ages()
    ages.add(now, stamp)
    assert ages.seconds() == pytest.approx(seconds)
    assert ages.none == none


def test_ages_of_before_the_stamps_made_no_sense_are_forgotten() -> None:
    ages = Ages()
    for stamp in (10**9, 0):
        ages.add(2 * 10**9, stamp)
    assert ages.seconds() == ()
    ages.add(2 * 10**9, 10**9)
    assert (ages.seconds(), ages.none) == ((1.0,), "")


def test_one_image_that_is_published_again_has_an_age_for_a_second() -> None:
    ages = Ages()
    for now in range(10**9, 21 * 10**8, 10**8):
        ages.add(now, 10**9)
        assert ages.none == ""
    ages.add(21 * 10**8, 10**9)
    assert (ages.seconds(), ages.none) == ((), "stamps are all the same")
    ages.add(22 * 10**8, 22 * 10**8)
    assert (ages.seconds(), ages.none) == ((0.0,), "")


def test_one_image_from_before_simulated_time_began_has_an_age_once_it_has() -> None:
    ages = Ages()
    ages.add(0, 5 * 10**9)
    ages.add(6 * 10**9, 5 * 10**9)
    assert (ages.seconds(), ages.none) == ((1.0,), "")


def arrivals(*numbers: int | None, one_camera: bool = True, read: bool = True) -> tuple[Arrivals, int]:
    """Count frames that arrive with these numbers, twenty per second."""
    drops, now = Drops(lambda line: None), 0.0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "monotonic", lambda: now)
        found = Arrivals(drops)
        found.one_camera = one_camera
        for number in numbers:
            now += 0.05
            found.add({"publication_sequence_number": number}, read)
    return found, drops.counts["lost on the way"]


@pytest.mark.parametrize(
    ("numbers", "published", "lost"),
    [
        ((1, 2, 3), 3, 0),
        ((1, 4, 5), 5, 2),
        ((7, 8, 1, 2), 4, 0),  # the camera was restarted
        ((None, None), 2, 0),  # a middleware without numbers
        ((50000, 7, 50001, 50002), 4, 0),  # another camera, of which is not known yet
    ],
)
def test_frames_that_are_missing_are_counted(numbers: tuple[int, ...], published: int, lost: int) -> None:
    found, counted = arrivals(*numbers)
    assert (found.published, counted) == (published, lost)


def test_frames_left_unread_are_published_but_not_lost() -> None:
    found, counted = arrivals(1, 31, 61, read=False)
    assert (found.published, counted) == (61, 0)


def test_numbers_of_two_cameras_say_nothing() -> None:
    found, counted = arrivals(100, 5, 101, 6, one_camera=False)
    assert (found.published, counted) == (4, 0)


def test_a_restart_forgives_the_gap() -> None:
    found, _ = arrivals(1, 2)
    found.restart()
    found.add({"publication_sequence_number": 90})
    assert found.published == 3


class Shown(NamedTuple):
    """Part of a Segmentation that is used here."""

    contrast: float
    min_contrast: float | None = 1.0

    @property
    def featureless(self) -> bool:
        return self.min_contrast is not None and self.contrast < self.min_contrast


@pytest.mark.parametrize(
    ("contrasts", "seconds"),
    [
        ((2.0, 2.0, 2.0), 0.0),
        ((2.0, 2.0, 0.5), 0.0),  # a single bad image
        ((0.5, 0.5, 0.5, 0.5), 1.5),
        ((0.5, 0.5, 2.0, 0.5, 0.5), 0.5),
        ((0.5, 0.5, 0.5, 2.0), 0.0),
    ],
)
def test_featureless_images_are_timed_without_a_break(contrasts: tuple[float, ...], seconds: float) -> None:
    found, now = Contrast(), 100.0
    assert found.newest is None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "monotonic", lambda: now)
        for contrast in contrasts:
            found.add(Shown(contrast))  # type: ignore[arg-type]
            now += 0.5
    assert (found.newest, found.least, found.seconds) == (contrasts[-1], 1.0, seconds)
    found.restart()
    assert (found.newest, found.seconds) == (None, 0.0)


def test_a_model_without_a_bound_finds_nothing_featureless() -> None:
    found = Contrast()
    for _ in range(3):
        found.add(Shown(0.0, None))  # type: ignore[arg-type]
    assert (found.newest, found.seconds) == (0.0, 0.0)
