# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Masks and depth by their stamps."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bgflow_ros.segmentation.pairing import TOLERANCE, Pairing

MS = 1_000_000


def test_either_may_come_first() -> None:
    pairing: Pairing[str, str] = Pairing()
    assert pairing.put_depth(0, "d0") == []
    assert pairing.put_mask(0, "m0") == [("m0", "d0")]
    assert pairing.put_mask(33 * MS, "m33") == []
    assert pairing.put_depth(33 * MS, "d33") == [("m33", "d33")]


def test_the_nearest_is_taken_once_no_nearer_one_can_come() -> None:
    pairing: Pairing[str, str] = Pairing()
    pairing.put_depth(90 * MS, "before")
    assert pairing.put_mask(100 * MS, "mask") == []
    assert pairing.put_depth(105 * MS, "after") == [("mask", "after")]


def test_a_depth_is_given_once() -> None:
    pairing: Pairing[str, str] = Pairing()
    pairing.put_depth(10 * MS, "d")
    assert pairing.put_mask(0, "m0") == [("m0", "d")]
    assert pairing.put_mask(15 * MS, "m15") == []


def test_what_is_left_at_the_end_is_paired_without_waiting() -> None:
    pairing: Pairing[str, str] = Pairing()
    pairing.put_depth(95 * MS, "before")
    assert pairing.put_mask(100 * MS, "mask") == []
    assert pairing.finish() == [("mask", "before")]


def test_masks_whose_depth_does_not_come_are_counted() -> None:
    pairing: Pairing[str, str] = Pairing()
    pairing.put_mask(0, "lost")
    assert pairing.put_depth(TOLERANCE + 1, "too late") == []
    assert pairing.alone == 1
    for number in range(Pairing.KEPT_MASKS + 3):
        pairing.put_mask(10**9 + number, "no depth at all")
    assert pairing.alone == 4


def test_stamps_that_jump_back_begin_anew() -> None:
    pairing: Pairing[str, str] = Pairing()
    pairing.put_depth(10**12, "of the old time")
    assert pairing.put_depth(0, "d0") == []
    assert pairing.put_mask(0, "m0") == [("m0", "d0")]
    pairing.put_mask(10**12, "of the old time")
    pairing.put_mask(33 * MS, "m33")
    assert pairing.put_depth(33 * MS, "d33") == [("m33", "d33")]


@given(st.data())
def test_every_mask_gets_the_depth_of_its_stamp_whenever_it_comes(data: st.DataObject) -> None:
    """A camera whose depth lags or leads by up to two frames, and an inference that skips frames."""
    stamps = [33 * MS * number for number in range(20)]
    answered = [stamp for stamp in stamps if data.draw(st.booleans())]
    lag = data.draw(st.integers(-2, 2)) * 33 * MS + 1
    events = sorted([(stamp, "mask", stamp) for stamp in answered] + [(s + lag, "depth", s) for s in stamps])
    pairing: Pairing[int, int] = Pairing()
    pairs = []
    for _, kind, stamp in events:
        pairs += pairing.put_mask(stamp, stamp) if kind == "mask" else pairing.put_depth(stamp, stamp)
    assert pairs == [(stamp, stamp) for stamp in answered]


def test_depth_that_no_mask_can_want_is_not_kept() -> None:
    pairing: Pairing[int, int] = Pairing()
    for number in range(100):
        pairing.put_depth(number * 33 * MS, number)
        pairing.put_mask(number * 33 * MS, number)
        assert len(pairing._depths) <= 1


def test_what_waits_is_bounded() -> None:
    pairing: Pairing[int, int] = Pairing()
    for number in range(1000):
        pairing.put_depth(number * 33 * MS, number)
    assert len(pairing._depths) == Pairing.KEPT_DEPTHS


@pytest.mark.parametrize("away", [47 * MS, -47 * MS, 10**15, -(10**15)])
def test_how_far_away_the_nearest_depth_was_is_known(away: int) -> None:
    pairing: Pairing[int, int] = Pairing()
    assert pairing.nearest is None
    for number in range(20):
        stamp = 10**18 + number * 100 * MS
        assert pairing.put_mask(stamp, number) == []
        assert pairing.put_depth(stamp + away, number) == []
    assert pairing.alone > 10
    assert pairing.nearest is not None
    assert abs(pairing.nearest - away) <= (3000 * MS if abs(away) > 10**12 else 0), "of 30 depths kept"
