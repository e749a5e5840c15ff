# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Random crops with classes, as a training sees them: another camera, another light, and outliers put into them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bgflow_rooms.nyu40 import BACKGROUND_CLASSES, OTHER
from bgflow_train.data import IndexedDataset, Sample
from bgflow_train.data.augment import canvas_scale
from bgflow_train.data.camera_jitter import jitter_geometry, jitter_light, paste_objects, scatter_shapes
from bgflow_train.data.classes import UNKNOWN_BACKGROUND, UNKNOWN_FOREGROUND, SidesDataset
from bgflow_train.data.drawn import DRAWN_ROOMS, DrawnDataset
from bgflow_train.data.registry import open_classes
from bgflow_train.data.rendered_rooms import open_rooms_classes
from bgflow_train.training.recipe import BackboneRecipe

__all__ = ["UNLABELLED", "Source", "draw_crop", "open_sources"]

UNLABELLED = 0
"""Class of unlabelled pixels."""
NEVER_PASTED = (*BACKGROUND_CLASSES, UNKNOWN_BACKGROUND, UNKNOWN_FOREGROUND)
"""Classes that are no outliers: background, and the unknown classes of an image, which are most of it."""


class Source(NamedTuple):
    """Images to train on, and how often they are drawn."""

    dataset: IndexedDataset
    """The images, with masks of classes."""
    share: float


def open_sources(data: Path, rooms: Path | None, rooms_share: float, drawn_share: float = 0.0) -> list[Source]:
    """Open the images with classes of NYU, and of rendered rooms and other photographs if they are wanted.

    Args:
        data: Folder that holds the data sets.
        rooms: Folder of rendered rooms; None for none.
        rooms_share: Share of the crops that come from them.
        drawn_share: Share of the other crops that come from photographs with drawn masks, of which only the side of a
            pixel is known.

    Raises:
        DatasetError: Images or classes are missing.
    """
    photographs = 1.0 if rooms is None else 1 - rooms_share
    sources = [Source(open_classes(data, "nyu", "fit"), photographs * (1 - drawn_share))]
    if drawn_share:
        drawn = SidesDataset(DrawnDataset(data, DRAWN_ROOMS, name="drawn rooms"))
        sources.append(Source(drawn, photographs * drawn_share))
    if rooms is not None:
        sources.append(Source(open_rooms_classes(rooms, "fit"), rooms_share))
    return sources


def draw_crop(sources: Sequence[Source], recipe: BackboneRecipe, step: int, place: int) -> Sample:
    """Draw a crop, which depends on the recipe's seed, the step and the place alone.

    Args:
        sources: Images to draw from.
        recipe: Size of the crop, probabilities of outliers, and the seed.
        step: Number of the training step.
        place: Place of the crop in the step's batch.

    Returns:
        Image and classes of the recipe's crop size.
    """
    rng = np.random.default_rng([recipe.seed, step, place])
    shares = np.array([source.share for source in sources])

    def drawn() -> Sample:
        dataset = sources[rng.choice(len(sources), p=shares / shares.sum())].dataset
        sample = dataset[int(rng.integers(len(dataset)))]
        return jitter_geometry(sample, canvas_scale(sample, recipe.width, recipe.height), *recipe.crop, UNLABELLED, rng)

    crop = drawn()
    if recipe.paste and rng.random() < recipe.paste:
        crop = paste_objects(crop, drawn(), NEVER_PASTED, rng)
    if recipe.strew and rng.random() < recipe.strew:
        crop = scatter_shapes(crop, drawn(), OTHER, rng)
    return jitter_light(crop, rng)
