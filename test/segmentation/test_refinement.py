# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Margins, small patches, memory and the robot's body, on masks of images whose likelihood is brightness."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bgflow_ros.segmentation import masks
from bgflow_ros.segmentation.errors import ImageError
from bgflow_ros.segmentation.refinement import MAX_GAP, Memory, Refined, Refinement, Refiner
from bgflow_ros.segmentation.segmenter import Segmenter

DARK, GREY, BRIGHT = 20, 128, 230


def room(*dark: tuple[slice, slice], grey: tuple[tuple[slice, slice], ...] = ()) -> np.ndarray:
    """A bright image of the tiny network's own size, with dark and uncertain places of whole cells."""
    rgb = np.full((96, 128, 3), BRIGHT, np.uint8)
    for place in dark:
        rgb[place] = DARK
    for place in grey:
        rgb[place] = GREY
    return rgb


LEFT, SPECK = np.s_[:, :32], np.s_[40:48, 96:104]


@pytest.fixture
def refine(segmenter: Segmenter):
    refiner = Refiner()

    def refine(rgb: np.ndarray, time: float = 0.0, **how: object) -> Refined:
        refiner.refinement = Refinement(**how)  # type: ignore[arg-type]
        return refiner(segmenter(rgb), time)

    return refine


def test_the_defaults_leave_masks_as_they_are(refine, segmenter: Segmenter) -> None:
    plain, refined = segmenter(room(LEFT, SPECK)), refine(room(LEFT, SPECK))
    for name in ("likelihood", "foreground", "static", "ignore", "overlay"):
        np.testing.assert_array_equal(getattr(refined, name), getattr(plain, name), name)


@pytest.mark.parametrize("pixels", [1, 5, 12])
def test_dilate_grows_foreground_and_takes_the_margin_from_static(refine, pixels: int) -> None:
    plain, grown = refine(room(LEFT)), refine(room(LEFT), dilate=pixels)
    edge = int((plain.foreground[50] > 0).sum())
    assert int((grown.foreground[50] > 0).sum()) == edge + pixels
    assert int((grown.static[50] > 0).sum()) == int((plain.static[50] > 0).sum()) - pixels


def test_a_negative_dilate_shrinks_foreground_and_makes_nothing_static(refine) -> None:
    plain, shrunk = refine(room(LEFT)), refine(room(LEFT), dilate=-5)
    assert int((shrunk.foreground[50] > 0).sum()) == int((plain.foreground[50] > 0).sum()) - 5
    np.testing.assert_array_equal(shrunk.static, plain.static)


def test_min_area_drops_specks_only_and_makes_them_not_static(refine) -> None:
    speck = int((refine(room(SPECK)).foreground > 0).sum())
    assert speck > 0
    kept, dropped = refine(room(LEFT, SPECK), min_area=speck), refine(room(LEFT, SPECK), min_area=speck + 1)
    assert kept.foreground[44, 100] == 255
    assert dropped.foreground[44, 100] == 0
    assert dropped.foreground[44, 10] == 255
    assert dropped.static[44, 100] == 0


@given(st.lists(st.booleans(), min_size=1, max_size=200), st.integers(0, 130))
def test_drop_small_keeps_patches_by_their_area(row: list[bool], area: int) -> None:
    mask = np.array([row], np.uint8) * 255
    runs = "".join("#" if marked else " " for marked in row).split()
    kept = sum(len(run) for run in runs if len(run) >= area)
    assert int((masks.drop_small(mask, area) > 0).sum()) == kept


def test_the_body_is_neither_foreground_nor_static(refine) -> None:
    body = np.zeros((96, 128), np.uint8)
    body[80:] = 7
    refined = refine(room(LEFT), body=body, dilate=3)
    assert not refined.foreground[80:].any()
    assert not refined.static[80:].any()
    assert refined.foreground[40, 10] == refined.static[40, 100] == 255


def test_a_body_of_another_size_is_an_error_that_names_both(refine) -> None:
    with pytest.raises(ImageError, match="the image is 128x96, ignore_image 64x48"):
        refine(room(), body=np.zeros((48, 64), np.uint8))


def test_hold_keeps_foreground_and_waits_for_static(refine) -> None:
    refine(room(LEFT), 10.0, hold=1.0)
    seen = refine(room(LEFT), 10.0, hold=1.0)
    assert seen.foreground[40, 10] == seen.static[40, 100] == 255
    for time, held in ((10.4, True), (10.8, True), (11.0, True), (11.1, False)):
        after = refine(room(), time, hold=1.0)
        assert (after.foreground[40, 10] == 255) == held, time
        assert (after.static[40, 10] == 0) == held, time
        assert after.static[40, 100] == 255


@pytest.mark.parametrize("time", [9.99, 10.0 + MAX_GAP + 0.01], ids=["back", "gap"])
def test_hold_forgets_across_jumps(refine, time: float) -> None:
    assert refine(room(LEFT), 10.0, hold=5.0).foreground[40, 10] == 255
    assert refine(room(), time, hold=5.0).foreground[40, 10] == 0


def test_hold_forgets_at_a_reset_and_a_change_of_size() -> None:
    marked, clear = np.full((4, 6), 255, np.uint8), np.zeros((4, 6), np.uint8)
    memory = Memory()
    memory(marked, 1.0, 5.0)
    assert memory(clear, 1.1, 5.0).all()
    assert not memory(np.zeros((6, 4), np.uint8), 1.2, 5.0).any()
    refiner = Refiner()
    before = refiner.foreground_memory
    refiner.reset()
    assert refiner.foreground_memory is not before


@given(
    st.lists(st.tuples(st.floats(0.001, MAX_GAP - 1e-6), st.booleans()), min_size=1, max_size=30),
    st.floats(0.01, 3.0),
)
def test_memory_says_what_was_marked_within_the_last_seconds(steps: list[tuple[float, bool]], seconds: float) -> None:
    memory, time, history = Memory(), 0.0, []
    for step, marked in steps:
        time += step
        history.append((time, marked))
        found = memory(np.full((1, 1), 255 * marked, np.uint8), time, seconds)
        assert bool(found[0, 0]) == any(was for when, was in history if when >= time - seconds)


@pytest.mark.parametrize("share", [0.25, 0.5, 0.9])
def test_min_static_holds_the_likeliest_share_of_the_picture(segmenter: Segmenter, share: float) -> None:
    ramp = np.repeat(np.linspace(0, 120, 128).astype(np.uint8)[None, :, None], 96, 0).repeat(3, 2)
    assert segmenter(ramp).static.mean() < 255 * 0.1
    segmenter.min_static = share
    static = segmenter(ramp).static > 0
    assert share - 0.08 < static.mean() < share + 0.08  # whole columns of cells
    assert static[:, -1].all()
    bright = room(LEFT)
    np.testing.assert_array_equal(segmenter(bright).static[:, 48:], 255)  # where there is enough, nothing changes
