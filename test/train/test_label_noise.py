# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Difference of two labellings, and the drawings that are compared with NYU's masks."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the train extra")

from bgflow_train.data import Sample
from bgflow_train.data.drawn import DRAWN_ROOMS, DrawnDataset
from bgflow_train.data.label_noise import DRAWN_AGAIN, DRAWN_NYU, disagreement
from bgflow_train.data.splits import Splits


def sample(mask: list[int]) -> Sample:
    pixels = np.array([mask], np.uint8)
    return Sample(np.zeros((*pixels.shape, 3), np.uint8), pixels, "room")


def test_only_pixels_that_both_label_count_and_both_directions_are_told() -> None:
    first, second = sample([0, 0, 0, 1, 1, 255, 0, 1]), sample([0, 1, 1, 1, 0, 1, 255, 1])
    [found] = disagreement([(first, second)])
    assert found.labelled == 6
    assert found.added == pytest.approx(2 / 6)
    assert found.removed == pytest.approx(1 / 6)
    assert found.share == pytest.approx(3 / 6)


def test_an_image_without_labels_differs_nowhere() -> None:
    [found] = disagreement([(sample([255, 255]), sample([0, 1]))])
    assert (found.share, found.labelled) == (0, 0)


def test_the_drawings_are_of_validation_images(data) -> None:
    drawn = DrawnDataset(data, DRAWN_NYU)
    assert len(drawn) == 30
    assert set(drawn.ids) <= set(Splits.load().ids("nyu", "validate"))
    images = [drawing["imagePath"] for drawing in drawn.drawings]
    assert images == [f"nyu/rgb/{id}.jpg" for id in drawn.ids]


def test_the_photographs_that_were_drawn_twice_are_the_same_photographs(data) -> None:
    again = DrawnDataset(data, DRAWN_AGAIN)
    first = DrawnDataset(data, DRAWN_ROOMS, again.ids)
    assert len(again) == 20
    assert [one["imagePath"] for one in again.drawings] == [one["imagePath"] for one in first.drawings]
    assert all(one["shapes"] != other["shapes"] for one, other in zip(again.drawings, first.drawings, strict=True))
