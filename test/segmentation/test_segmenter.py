# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import tiny_model

from bgflow_ros.segmentation.model import Model
from bgflow_ros.segmentation.segmenter import Segmenter


def halves(width: int, height: int, left: int, right: int) -> np.ndarray:
    image = np.full((height, width, 3), right, np.uint8)
    image[:, : width // 2] = left
    return image


SMALLEST = 2 if cv2.__version__.startswith("4.5.") else 1
"""Pixels of the narrowest image: OpenCV 4.5 takes no NumPy array of a single column."""


def test_dark_is_foreground_and_bright_is_static(segmenter: Segmenter) -> None:
    segmentation = segmenter(halves(640, 480, 20, 230))
    left, right = np.s_[:, :280], np.s_[:, 360:]
    assert (segmentation.foreground[left] == 255).all()
    assert (segmentation.foreground[right] == 0).all()
    assert (segmentation.static[left] == 0).all()
    assert (segmentation.static[right] == 255).all()
    assert (segmentation.ignore == 255 - segmentation.static).all()
    expected = 1 / (1 + np.exp(-(230 - tiny_model.GREY) / tiny_model.SCALE))
    assert segmentation.likelihood[right] == pytest.approx(expected, abs=1e-4)


def test_what_is_uncertain_is_in_neither_mask(segmenter: Segmenter) -> None:
    segmentation = segmenter(np.full((96, 128, 3), 130, np.uint8))  # likelihood 0.54, between 0.4 and 0.7
    assert not segmentation.foreground.any()
    assert not segmentation.static.any()


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(width=st.integers(SMALLEST, 700), height=st.integers(SMALLEST, 700), seed=st.integers(0, 9))
def test_every_size_gets_masks_of_its_own_size(segmenter: Segmenter, width: int, height: int, seed: int) -> None:
    image = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    segmentation = segmenter(image)
    assert segmentation.likelihood.shape == (height, width)
    assert segmentation.likelihood.dtype == np.float32
    assert np.isfinite(segmentation.likelihood).all()
    assert segmentation.likelihood.min() >= 0
    assert segmentation.likelihood.max() <= 1
    for mask in (segmentation.foreground, segmentation.static, segmentation.ignore):
        assert mask.shape == (height, width)
        assert mask.dtype == np.uint8
        assert np.isin(mask, (0, 255)).all()
    assert not (segmentation.foreground & segmentation.static).any()
    assert segmentation.overlay.shape == (height, width, 3)


def test_masks_are_the_thresholded_likelihood(segmenter: Segmenter) -> None:
    image = np.random.default_rng(0).integers(0, 256, (200, 300, 3), np.uint8)
    segmentation = segmenter(image)
    assert ((segmentation.likelihood < tiny_model.FOREGROUND) == (segmentation.foreground == 255)).all()
    assert ((segmentation.likelihood > tiny_model.STATIC) == (segmentation.static == 255)).all()


def test_a_threshold_counts_from_the_next_picture_on(segmenter: Segmenter) -> None:
    image = np.full((96, 128, 3), 130, np.uint8)
    before = segmenter(image)
    segmenter.thresholds = 0.6, 0.8
    after = segmenter(image)
    assert not before.foreground.any()
    assert after.foreground.all()


def test_a_result_survives_the_next_picture(segmenter: Segmenter) -> None:
    first = segmenter(np.full((96, 128, 3), 230, np.uint8))
    segmenter(np.zeros((96, 128, 3), np.uint8))
    assert first.static.all()


def test_the_overlay_tints_foreground_and_leaves_the_picture_alone(segmenter: Segmenter) -> None:
    image = halves(640, 480, 20, 130)
    copy = image.copy()
    overlay = segmenter(image).overlay
    assert (image == copy).all()
    assert (overlay[100, 100] != image[100, 100]).any()
    assert (overlay[100, 600] == image[100, 600]).all()


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((4, 4, 3), np.float32),
        np.zeros((0, 4, 3), np.uint8),
    ],
)
def test_what_is_no_picture_is_refused(segmenter: Segmenter, image: np.ndarray) -> None:
    with pytest.raises(ValueError, match="expected H x W x 3 of uint8"):
        segmenter(image)


def test_contrast_is_the_logit_s_deviation_within_the_image(segmenter: Segmenter) -> None:
    segmentation = segmenter(halves(640, 480, 20, 230))
    assert segmentation.contrast == pytest.approx((230 - 20) / 2 / tiny_model.SCALE, rel=1e-3)
    assert segmenter(np.full((480, 640, 3), 230, np.uint8)).contrast == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize("size", [(640, 360), (90, 160)])
def test_the_padding_does_not_count_in_the_contrast(segmenter: Segmenter, size: tuple[int, int]) -> None:
    width, height = size
    assert segmenter(np.full((height, width, 3), 230, np.uint8)).contrast < 2  # of 6.6 with half of it padding


def test_without_a_bound_nothing_is_featureless(segmenter: Segmenter) -> None:
    assert segmenter.model.min_contrast is None
    assert not segmenter(np.zeros((96, 128, 3), np.uint8)).featureless


def test_below_the_bound_an_image_is_featureless_and_its_masks_are_as_ever(
    tmp_path: Path, segmenter: Segmenter
) -> None:
    bounded = Segmenter(Model.load(tiny_model.write(tmp_path / "m", contrast={"least": 1.0})), "cpu", 1)
    plain = bounded(np.full((96, 128, 3), 230, np.uint8))
    assert plain.featureless
    assert plain.static.all()
    assert plain.likelihood == pytest.approx(segmenter(plain.image).likelihood)
    assert not bounded(halves(128, 96, 20, 230)).featureless
