# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The bound on the contrast of a model's logit that separates rooms from views without a room."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from bgflow_ros.segmentation.model import Model
from bgflow_ros.segmentation.segmenter import Segmenter
from bgflow_train.data import IndexedDataset
from bgflow_train.data.folds import ByFold
from bgflow_train.data.no_room import VIEWS

__all__ = ["measure_contrast"]

IMAGES = 48
"""Number of validation images that the views without a room are made from."""
PERCENTILES = {"least": 0, "percentile1": 1, "percentile5": 5, "median": 50}

Numbers = npt.NDArray[np.float64]


def measure_contrast(
    model: Model,
    validate: Sequence[IndexedDataset],
    rooms: int,
    reported: Sequence[IndexedDataset],
    folds: Sequence[Model] = (),
) -> dict[str, Any]:
    """Choose the least contrast of a room and measure which images lie below it.

    The bound is the least contrast of all validation images, in float32 and also in int8 if the model has an int8
    graph. A new room that is exchangeable with n rooms has the least contrast among them with a probability of
    1 / (n + 1).

    Args:
        model: The model.
        validate: Sets that the bound is chosen on. Views without a room are made from images of the first set.
        rooms: Number of rooms in these sets.
        reported: Sets to report on.
        folds: With cross-fitting, for each fold the model that has not seen it, for the images of `validate`.

    Returns:
        The manifest's entry `contrast`: the bound `least`, its guarantee, the data, and by precision the percentiles
        of the validation images and the numbers of views without a room and of reported images below the bound.
    """
    precisions = ("float32",) if model.int8 is None else ("float32", "int8")
    segmenters = [
        ByFold(*(Segmenter(one, "cpu", precision=precision) for one in (model, *folds))) for precision in precisions
    ]
    found = [np.concatenate([_contrasts(segmenter, set) for set in validate]) for segmenter in segmenters]
    # Rounding to two digits goes down, so that the deciding image itself does not lie below the bound.
    least = float(np.floor(100 * np.min(found)) / 100)
    return {
        "least": least,
        "guarantee": (
            f"the least of {len(found[0])} images of {rooms} rooms of {' and '.join(set.name for set in validate)}: a "
            f"new room has images with less with a probability of at most 1/{rooms + 1}, if it is exchangeable with "
            "these; it ends where the domain changes"
        ),
        "data": {set.name: {"images": len(set), "sha256": set.digest()} for set in (*validate, *reported)},
        "precision": {
            precision: {
                "validation": {name: float(np.percentile(contrasts, at)) for name, at in PERCENTILES.items()},
                "views": _views(segmenter, validate[0], least),
                "reported": {set.name: _below(_contrasts(segmenter, set), least) for set in reported},
            }
            for precision, segmenter, contrasts in zip(precisions, segmenters, found, strict=True)
        },
    }


def _contrasts(segmenter: ByFold[Segmenter], dataset: IndexedDataset) -> Numbers:
    samples = tqdm(dataset, f"contrast of {dataset.name}", len(dataset), unit="image")
    return np.array([segmenter.of(sample.id)(sample.rgb).contrast for sample in samples])


def _views(segmenter: ByFold[Segmenter], dataset: IndexedDataset, least: float) -> dict[str, Any]:
    places = range(0, len(dataset), max(1, len(dataset) // IMAGES))[:IMAGES]
    samples = [dataset[place] for place in places]
    found = {}
    for name, view in VIEWS.items():
        contrasts = []
        for place, sample in zip(places, samples, strict=True):
            image = view(sample, np.random.default_rng(place))
            if image is not None:
                contrasts.append(segmenter.of(sample.id)(image).contrast)
        if contrasts:
            found[name] = _below(np.array(contrasts), least)
    return found


def _below(contrasts: Numbers, least: float) -> dict[str, Any]:
    low, median, high = np.percentile(contrasts, [5, 50, 95])
    return {
        "images": len(contrasts),
        "below": int((contrasts < least).sum()),
        "percentile5": float(low),
        "median": float(median),
        "percentile95": float(high),
    }
