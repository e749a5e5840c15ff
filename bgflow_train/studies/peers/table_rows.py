# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Measurement of a fit's fusion, its single scores and the scores of other fits on the reported data sets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from bgflow_rooms.nyu40 import BACKGROUND_CLASSES, CLASS_NAMES, CLASSES
from bgflow_train.data import BACKGROUND, VOID, IndexedDataset, Sample
from bgflow_train.data.canvas import from_canvas, to_canvas
from bgflow_train.data.classes import ClassLabels
from bgflow_train.data.registry import dataset_path, open_split
from bgflow_train.evaluation.borders import near_border
from bgflow_train.evaluation.class_shares import common_classes
from bgflow_train.evaluation.counts import Counts, count_images
from bgflow_train.evaluation.metrics import histogram, measure, summary
from bgflow_train.model.fitted import Fitted
from bgflow_train.model.network import score_maps
from bgflow_train.networks.device import DEVICE
from bgflow_train.studies.comparing import fit_identity
from bgflow_train.studies.paper.image_sets import generalization_set

__all__ = ["FALSE", "FUSED", "measure_peers", "reported_sets"]

Map = npt.NDArray[np.float32]

REPORTED = ("ade20k_rooms", "gazebo_house", "gazebo_bookstore")
"""Reported sets besides NYU and the generalization set."""
FUSED = "fused"
"""Name of the system that fuses all scores of the fit."""
FALSE = 0.1
"""False positive rate at which the found share of each class is measured."""


def reported_sets(data: Path) -> list[tuple[IndexedDataset, ClassLabels | None]]:
    """Open the reported sets, each with its classes or None.

    Args:
        data: Folder that holds the data sets.

    Raises:
        DatasetError: A data set is missing.
    """
    nyu = open_split(data, "nyu", "balanced")
    folder = dataset_path(data, "nyu") / "label"
    others = [generalization_set(data), *(open_split(data, name, "test") for name in REPORTED)]
    return [(nyu, ClassLabels(folder, nyu.ids) if folder.is_dir() else None), *((other, None) for other in others)]


def measure_peers(
    fits: Sequence[Fitted], dataset: IndexedDataset, classes: ClassLabels | None, seed: int, cache: Path
) -> dict[str, Any]:
    """Measure the first fit's fusion and every score of all fits on a data set.

    Args:
        fits: The model's fit, followed by others. A score that several fits have is measured on the first of them.
        dataset: The labelled images.
        classes: The classes of the images; None for none.
        seed: Seed of the resampling behind the intervals.
        cache: Folder for the counts of a run that is not finished.

    Returns:
        JSON-ready: the set, its hash, and for each system the pooled metrics with 95 % intervals by image, their mean
        over the images, the AUROC near borders, and the found share of each class.
    """
    systems: dict[str, Any] = {}
    for fitted in fits:
        systems = _measured(_CountedScores(fitted, classes), dataset, seed, cache) | systems
    names = dict.fromkeys(name for fitted in fits for name in (FUSED, *fitted.recipe.scores))
    return {
        "set": dataset.name,
        "pictures": len(dataset),
        "data_sha256": dataset.digest(),
        "systems": {name: systems[name] for name in names},
    }


@dataclass(frozen=True)
class _CountedScores:
    """The `counts.System` of a fit's fusion and its single scores, which are counted in one pass over the images."""

    fitted: Fitted
    classes: ClassLabels | None

    @property
    def names(self) -> list[str]:
        return [FUSED, *self.fitted.recipe.scores]

    @property
    def identity(self) -> object:
        return *fit_identity(self.fitted), None if self.classes is None else self.classes.digest()

    def count(self, sample: Sample) -> dict[str, Counts]:
        maps = _background(self.fitted, sample)
        border = np.where(near_border(sample.mask), sample.mask, np.uint8(VOID))
        counts = {
            "logits": np.stack([histogram(map, sample.mask) for map in maps]),
            "border_logits": np.stack([histogram(map, border) for map in maps]),
        }
        if self.classes is not None:
            labels = self.classes.of(sample)
            counts["classes"] = np.stack([histogram(map, labels, range(CLASSES + 1)) for map in maps])
        return counts


def _measured(system: _CountedScores, dataset: IndexedDataset, seed: int, cache: Path) -> dict[str, Any]:
    """Measure one fit's fusion and scores."""
    logits = []
    pooled: dict[str, Counts] = {}
    for counts in count_images(system, dataset, cache):
        logits.append(counts.pop("logits").astype(np.int32))
        # The class counts of all systems would not fit into memory if they were kept for every image.
        pooled = {name: pooled.get(name, 0) + array for name, array in counts.items()}
    results = {}
    for row, name in enumerate(system.names):
        own = np.stack([image[row] for image in logits]).astype(np.int64)
        results[name] = {**summary(own, seed), "border_auroc": measure(pooled["border_logits"][row]).auroc}
        if "classes" in pooled:
            results[name]["found"] = _found(own.sum(0), pooled["classes"][row])
    return results


@torch.inference_mode()
def _background(fitted: Fitted, sample: Sample) -> list[Map]:
    """Score an image's pixels with every system.

    Returns:
        For each system a map, H x W. Higher values are more likely background.
    """
    recipe, stride = fitted.recipe, fitted.stride
    canvas, _ = to_canvas(sample, recipe.width, recipe.height)
    maps, confidence = score_maps(fitted.backbone, fitted.scores, torch.from_numpy(canvas).to(DEVICE)[None])
    scores = maps[0].permute(1, 2, 0).cpu().numpy().astype(np.float64)
    fused = fitted.logit(scores, np.asarray(float(confidence)))
    normal = (scores - fitted.fusion.mean) / fitted.fusion.deviation
    # Scores are unbounded. The inverse hyperbolic sine keeps their order and brings them into the histograms' bins.
    grids = [np.arcsinh(grid).astype(np.float32) for grid in (fused, *np.moveaxis(-normal, -1, 0))]
    return [from_canvas(grid, stride, sample, recipe.width, recipe.height) for grid in grids]


def _found(counts: Counts, classes: Counts) -> dict[str, float]:
    """Share of each common foreground class that is found at the false positive rate FALSE.

    Args:
        counts: Histograms of one system, 2 x bins.
        classes: Histograms of the same system, (void and classes) x bins.
    """
    false = counts[BACKGROUND].cumsum() / max(1, counts[BACKGROUND].sum())
    last = int(np.searchsorted(false, FALSE))
    pixels = classes.sum(1)
    return {
        CLASS_NAMES[number]: float(classes[number, : last + 1].sum() / pixels[number])
        for number in common_classes(pixels)
        if number not in BACKGROUND_CLASSES
    }
