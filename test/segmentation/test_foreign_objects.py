# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""What a patrol reports: foreground that stays, once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bgflow_ros.segmentation.foreign_objects import ForeignObject, ForeignObjects

HEIGHT, WIDTH = 120, 160
RATE = 10.0
Box = tuple[int, int, int, int]


def mask(*boxes: Box) -> np.ndarray:
    found = np.zeros((HEIGHT, WIDTH), np.uint8)
    for left, top, width, height in boxes:
        found[max(top, 0) : top + height, max(left, 0) : left + width] = 255
    return found


def follow(objects: ForeignObjects, frames: list[np.ndarray], begin: float = 0.0) -> list[tuple[float, ForeignObject]]:
    """Return what is reported, and when."""
    return [
        (begin + number / RATE, found)
        for number, frame in enumerate(frames)
        for found in objects.update(frame, begin + number / RATE)
    ]


def patrol(**changes: float) -> ForeignObjects:
    return ForeignObjects(**({"persistence": 1.0, "min_area": 0.002, "gap": 0.35} | changes))


def test_what_stays_is_reported_once_and_when_it_has_stayed_long_enough() -> None:
    objects = patrol()
    [(second, found)] = follow(objects, [mask((10, 20, 30, 40))] * 30)
    assert second == pytest.approx(1.0)
    assert found.box == (10, 20, 30, 40)
    assert found.area == 1200
    assert str(found) == "30x40 pixels at 10, 20 for 2.9 s"
    assert objects.objects() == [found]


def test_what_passes_by_quickly_is_not() -> None:
    assert follow(patrol(), [mask((10, 20, 30, 40))] * 9 + [mask()] * 20) == []


@given(st.integers(-12, 12), st.integers(-8, 8))
def test_it_is_the_same_object_while_the_robot_moves(right: int, down: int) -> None:
    frames = [mask((70 + right * i, 50 + down * i, 20, 15)) for i in range(5)]
    reported = follow(patrol(persistence=0.4), frames)
    assert len(reported) == 1


def test_what_moves_by_more_than_its_size_at_once_is_another() -> None:
    assert follow(patrol(persistence=0.4), [mask((10 + 25 * i, 50, 20, 15)) for i in range(5)]) == []


def test_a_pause_of_the_masks_is_no_persistence() -> None:
    objects, box = patrol(), mask((10, 20, 30, 40))
    assert objects.update(box, 0.0) == []
    assert objects.update(box, 600.0) == []
    assert [found.first for _, found in follow(objects, [box] * 12, 600.1)] == [600.0]


def test_two_patches_of_one_box_are_two_objects() -> None:
    corners = np.zeros((HEIGHT, WIDTH), np.uint8)
    corners[20:60, 20:24] = corners[20:24, 20:60] = 255
    corners[56:60, 28:60] = corners[28:60, 56:60] = 255
    assert len(follow(patrol(), [corners] * 12)) == 2


def test_single_images_may_miss_it() -> None:
    box = mask((10, 20, 30, 40))
    assert len(follow(patrol(), [box, box, mask(), mask()] * 5)) == 1
    assert follow(patrol(gap=0.15), [box, box, mask(), mask()] * 5) == []


def test_small_patches_are_left_out() -> None:
    assert follow(patrol(min_area=0.01), [mask((10, 20, 10, 10))] * 30) == []
    assert len(follow(patrol(min_area=0.005), [mask((10, 20, 10, 10))] * 30)) == 1


def test_each_of_several_is_reported() -> None:
    reported = follow(patrol(), [mask((10, 20, 30, 40))] * 5 + [mask((10, 20, 30, 40), (100, 60, 20, 20))] * 20)
    assert [(round(second, 3), found.box[0]) for second, found in reported] == [(1.0, 10), (1.5, 100)]
    assert len({found.number for _, found in reported}) == 2


def test_it_is_reported_again_when_it_comes_back() -> None:
    box = mask((10, 20, 30, 40))
    assert len(follow(patrol(), [box] * 15 + [mask()] * 10 + [box] * 15)) == 2


def test_a_time_that_goes_back_begins_anew() -> None:
    objects, box = patrol(), mask((10, 20, 30, 40))
    assert follow(objects, [box] * 8, 100.0) == []
    assert follow(objects, [box] * 8, 50.0) == []
    assert len(follow(objects, [box] * 8, 50.8)) == 1


@given(st.lists(st.tuples(*[st.integers(0, 100)] * 2, *[st.integers(1, 60)] * 2), max_size=4), st.integers(1, 40))
def test_whatever_is_shown_nothing_is_reported_twice_nor_early(boxes: list[Box], count: int) -> None:
    frames = [mask(*boxes[: 1 + i % max(1, len(boxes))]) for i in range(count)]
    reported = follow(patrol(), frames)
    numbers = [found.number for _, found in reported]
    assert len(set(numbers)) == len(numbers)
    assert all(second >= found.first + 1.0 - 1e-9 for second, found in reported)
