# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Properties of the masks of any map of logits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bgflow_ros.segmentation import masks

LARGEST = float(np.finfo(np.float32).max)
THRESHOLDS = st.floats(1e-6, 1 - 1e-6)


@st.composite
def maps(draw: st.DrawFn) -> np.ndarray:
    """Finite logits of any size, moderate ones and some extreme."""
    height, width = draw(st.integers(1, 24)), draw(st.integers(1, 24))
    logits = np.random.default_rng(draw(st.integers(0, 99))).normal(0, 4, (height, width)).astype(np.float32)
    for value in draw(st.lists(st.sampled_from([-LARGEST, -100.0, 0.0, 100.0, LARGEST]), max_size=4)):
        logits[draw(st.integers(0, height - 1)), draw(st.integers(0, width - 1))] = value
    return logits


@given(maps())
def test_a_likelihood_is_a_probability_and_rises_with_its_logit(logits: np.ndarray) -> None:
    likelihood = masks.likelihood(logits)
    assert likelihood.dtype == np.float32
    assert ((likelihood >= 0) & (likelihood <= 1)).all()
    order = np.argsort(logits, axis=None)
    assert (np.diff(likelihood.ravel()[order]) >= 0).all()


@given(maps(), THRESHOLDS, THRESHOLDS)
def test_nothing_is_foreground_and_static_where_the_thresholds_do_not_cross(
    logits: np.ndarray, one: float, other: float
) -> None:
    foreground, static = masks.foreground(logits, min(one, other)), masks.static(logits, max(one, other))
    for mask in (foreground, static):
        assert mask.shape == logits.shape
        assert mask.dtype == np.uint8
        assert np.isin(mask, (0, 255)).all()
    assert not (foreground & static).any()


@given(maps(), THRESHOLDS, THRESHOLDS)
def test_a_higher_threshold_never_makes_less_foreground_nor_more_static(
    logits: np.ndarray, one: float, other: float
) -> None:
    low, high = sorted((one, other))
    assert (masks.foreground(logits, low) <= masks.foreground(logits, high)).all()
    assert (masks.static(logits, low) >= masks.static(logits, high)).all()


def test_the_likeliest_of_extreme_logits_are_found_without_an_overflow() -> None:
    logits = np.array([[-1, 1]], np.float32) * np.finfo(np.float32).max
    assert masks.likeliest(logits, logits, 0.5).tolist() == [[0, 255]]
    assert masks.likeliest(logits, logits, 1.0).tolist() == [[255, 255]]


@given(maps(), st.floats(0, 1))
def test_the_likeliest_are_at_least_the_share_and_no_less_likely_than_the_rest(
    logits: np.ndarray, share: float
) -> None:
    likeliest = masks.likeliest(logits, logits, share) > 0
    # A quantile between two of the values leaves out at most what rounding to a whole pixel does.
    assert likeliest.sum() >= np.floor(share * (logits.size - 1))
    if likeliest.any() and not likeliest.all():
        assert logits[likeliest].min() > logits[~likeliest].max()


@given(maps(), st.integers(0, 6))
def test_growing_adds_and_shrinking_takes_away(logits: np.ndarray, pixels: int) -> None:
    mask = masks.foreground(logits, 0.5)
    assert (masks.grow(mask, pixels) >= mask).all()
    assert (masks.grow(mask, -pixels) <= mask).all()


@given(maps(), THRESHOLDS)
def test_an_overlay_alters_nothing_but_what_is_marked(logits: np.ndarray, threshold: float) -> None:
    image = np.full((*logits.shape, 3), 100, np.uint8)
    foreground, nothing = masks.foreground(logits, threshold), np.zeros(logits.shape, np.uint8)
    shown = masks.overlay(image, masks.likelihood(logits), threshold, foreground, nothing)
    assert shown.shape == image.shape
    assert shown.dtype == np.uint8
    assert (shown[foreground == 0] == 100).all()
    assert (image == 100).all()


@given(st.floats(0, 1, width=32), THRESHOLDS, st.integers(0, 255))
def test_the_less_likely_background_is_the_stronger_is_the_tint(likelihood: float, threshold: float, grey: int) -> None:
    image, marked = np.full((4, 4, 3), grey, np.uint8), np.full((4, 4), 255, np.uint8)
    shown = masks.overlay(image, np.full((4, 4), likelihood, np.float32), threshold, marked, 0 * marked)
    opacity = masks.FAINT + (masks.STRONG - masks.FAINT) * max(0, 1 - likelihood / threshold)
    expected = (1 - opacity) * grey + opacity * np.array(masks.TINT)
    assert np.abs(shown - expected).max() <= 2  # opacity and both parts are rounded


@pytest.mark.parametrize("likelihood", [1e-6, 0.1, 0.5, 0.9, 1 - 1e-6])
def test_logit_is_the_inverse(likelihood: float) -> None:
    assert float(masks.likelihood(np.float32([masks.logit(likelihood)]))[0]) == pytest.approx(likelihood, abs=1e-6)
