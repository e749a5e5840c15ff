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
from bgflow_train.data.folds import CROSS_FITTED, Fold
from bgflow_train.data.registry import open_classes, open_fold
from bgflow_train.data.rendered_rooms import open_rooms_classes
from bgflow_train.data.subsets import Concatenated
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


def open_sources(
    data: Path, rooms: Path | None, rooms_share: float, photographs_share: float = 0.0, fold: Fold | None = None
) -> list[Source]:
    """Open the images with classes of NYU, and of rendered rooms and other photographs if they are wanted.

    Of the other photographs only the side of a pixel is known. They are those with drawn masks and, with a fold, those
    that it does not hold out.

    Args:
        data: Folder that holds the data sets.
        rooms: Folder of rendered rooms; None for none.
        rooms_share: Share of the crops that come from them.
        photographs_share: Share of the photographed crops that come from other photographs than NYU's.
        fold: The fold that is held out; None for the committed splits.

    Raises:
        DatasetError: Images or classes are missing.
    """
    photographed = 1.0 if rooms is None else 1 - rooms_share
    nyu = open_classes(data, "nyu", "fit" if fold is None else fold)
    sources = [Source(nyu, photographed * (1 - photographs_share))]
    if photographs_share:
        parts: list[IndexedDataset] = [DrawnDataset(data, DRAWN_ROOMS, name="drawn")]
        if fold is not None:
            parts += [open_fold(data, name, fold, held_out=False) for name in CROSS_FITTED if name != "nyu"]
        photographs = SidesDataset(Concatenated(parts, "photographs"))
        sources.append(Source(photographs, photographed * photographs_share))
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
