# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The part of a camera's rate that is answered where `max_rate` is -1."""

from __future__ import annotations

import itertools
import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bgflow_ros.node.drops import Drops
from bgflow_ros.node.mailbox import Mailbox
from bgflow_ros.node.pace import Pace


def film(pace: Pace, rate: float, work: float, frames: int = 200, begin: float = 0.0) -> float:
    """Let images come, every answered one of which takes so many seconds; return the time of the next."""
    for number in range(frames):
        pace.arrived(begin + number / rate)
        if number % pace.every == 0:
            pace.worked(work)
    return begin + frames / rate


@given(st.floats(1.5, 120), st.floats(0.001, 0.5))
def test_no_image_waits_and_the_next_higher_rate_would_let_it(rate: float, work: float) -> None:
    pace = Pace()
    film(pace, rate, work)
    load = work * rate
    assert load <= pace.every * 1.001
    assert pace.every == 1 or load >= 0.999 * 0.9 * (pace.every - 1)
    assert pace.rate == (0 if pace.every == 1 else pytest.approx(rate / pace.every))


def test_it_follows_the_machine_and_the_camera() -> None:
    pace = Pace()
    then = film(pace, 60, 0.025)
    assert pace.every == 2
    assert str(pace) == "one image in 2: it takes 25.0 ms, and one comes each 16.7 ms"
    then = film(pace, 60, 0.045, begin=then)
    assert pace.every == 3
    then = film(pace, 60, 0.010, begin=then)
    assert pace.every == 1
    film(pace, 15, 0.010, begin=then + 60.0)  # a pause is no interval
    assert str(pace) == "every image: it takes 10.0 ms, and one comes each 66.7 ms"


def test_a_load_at_the_border_does_not_make_it_waver() -> None:
    pace = Pace()
    then = film(pace, 60, 1.02 / 60)
    assert pace.every == 2
    for _ in range(20):
        for work in (0.97, 1.02):
            then = film(pace, 60, work / 60, frames=20, begin=then)
            assert pace.every == 2


def test_images_that_arrive_all_at_once_are_no_rate() -> None:
    pace = Pace()
    pace.worked(0.02)
    for _ in range(3):
        pace.arrived(5.0)
    assert pace.rate == 0
    film(pace, 30, 0.02, begin=5.1)
    assert pace.every == 1


@pytest.mark.parametrize(("work", "every"), [(0.010, 1), (0.025, 2), (0.040, 3)])
def test_the_mailbox_lets_in_one_of_so_many(monkeypatch: pytest.MonkeyPatch, work: float, every: int) -> None:
    now, drops = 100.0, Drops(lambda line: None)
    monkeypatch.setattr(time, "monotonic", lambda: now)
    mailbox: Mailbox[int] = Mailbox(drops)
    mailbox.max_rate = -1.0
    answered, done = [], -math.inf
    for frame in range(600):
        arrives = 100 + frame / 60
        now = arrives
        mailbox.put(frame)
        if done < arrives and mailbox._item is not None:
            answered.append(mailbox.take())
            done = arrives + work
            mailbox.pace.worked(work)
    late = answered[len(answered) // 2 :]
    assert {after - before for before, after in itertools.pairwise(late)} == {every}
    assert drops.counts["superseded"] < 10
