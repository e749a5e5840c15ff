# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""A fit's fusion, its scores by themselves and those of other fits on the pictures that report, measured alike."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from tqdm import tqdm

from bgflow_rooms.nyu40 import BACKGROUND_CLASSES, CLASS_NAMES, CLASSES
from bgflow_train.data import BACKGROUND, VOID, IndexedDataset, Sample
from bgflow_train.data.canvas import canvas_of, on_picture
from bgflow_train.data.classes import ClassLabels
from bgflow_train.data.registry import open_split, place_of
from bgflow_train.evaluation.breakdown import band, common
from bgflow_train.evaluation.metrics import EDGES, histogram, measure, summary
from bgflow_train.model.fitting import Fitted
from bgflow_train.model.network import score_maps
from bgflow_train.networks.device import DEVICE
from bgflow_train.studies.paper.pictures import generalization_set

__all__ = ["FALSE", "FUSED", "measure_peers", "reported_sets"]

Counts = npt.NDArray[np.int64]
Map = npt.NDArray[np.float32]

REPORTED = ("ade20k_rooms", "gazebo_house", "gazebo_bookstore")
"""Sets beside NYU and the generalization set."""
FUSED = "fused"
"""Name of the system that is the whole fit."""
FALSE = 0.1
"""Share of the background that every system may take for foreground where the classes are counted."""


def reported_sets(data: Path) -> list[tuple[IndexedDataset, ClassLabels | None]]:
    """The sets that report, and the classes of those that have them.

    Raises:
        DatasetError: something is missing.
    """
    nyu = open_split(data, "nyu", "balanced")
    folder = place_of(data, "nyu") / "label"
    others = [generalization_set(data), *(open_split(data, name, "test") for name in REPORTED)]
    return [(nyu, ClassLabels(folder, nyu.ids) if folder.is_dir() else None), *((other, None) for other in others)]


def measure_peers(
    fits: Sequence[Fitted], dataset: IndexedDataset, classes: ClassLabels | None, seed: int
) -> dict[str, Any]:
    """Measure the first fit's fusion and each score of all fits on a set.

    Args:
        fits: the first is the model; of the others those scores count that none before them has.
        dataset: labelled pictures.
        classes: theirs, or None.
        seed: of the intervals' resampling.

    Returns:
        JSON-ready: the set, its hash, and of each system the pooled metrics with 95 % intervals by picture, the means
        over pictures, AUROC of the pixels at borders, and the share of each class that is found.
    """
    systems: dict[str, Any] = {}
    for fitted in fits:
        systems = _measured(fitted, dataset, classes, seed) | systems
    names = dict.fromkeys(name for fitted in fits for name in (FUSED, *fitted.recipe.scores))
    return {
        "set": dataset.name,
        "pictures": len(dataset),
        "data_sha256": dataset.digest(),
        "systems": {name: systems[name] for name in names},
    }


def _measured(fitted: Fitted, dataset: IndexedDataset, classes: ClassLabels | None, seed: int) -> dict[str, Any]:
    """Measure one fit's fusion and scores, in one pass over the pictures."""
    names = [FUSED, *fitted.recipe.scores]
    whole, edges = [], np.zeros((len(names), 2, len(EDGES) - 1), np.int64)
    by_class = np.zeros((len(names), CLASSES + 1, len(EDGES) - 1), np.int64)
    for sample in tqdm(dataset, f"measure {dataset.name}", len(dataset), unit="picture"):
        maps = _background(fitted, sample)
        near = np.where(band(sample.mask), sample.mask, np.uint8(VOID))
        whole.append(np.stack([histogram(map, sample.mask) for map in maps]).astype(np.int32))
        edges += np.stack([histogram(map, near) for map in maps])
        if classes is not None:
            labels = classes.of(sample)
            by_class += np.stack([histogram(map, labels, range(CLASSES + 1)) for map in maps])
    counts, systems = np.stack(whole), {}
    for row, name in enumerate(names):
        systems[name] = {
            **summary(counts[:, row].astype(np.int64), seed),
            "border_auroc": measure(edges[row]).auroc,
            **({} if classes is None else {"found": _found(counts[:, row].sum(0), by_class[row])}),
        }
    return systems


@torch.inference_mode()
def _background(fitted: Fitted, sample: Sample) -> list[Map]:
    """Background scores of a picture's pixels, systems x H x W, the higher the likelier background."""
    recipe, stride = fitted.recipe, fitted.pyramid.layers[-1].stride
    canvas, _ = canvas_of(sample, recipe.width, recipe.height)
    maps, confidence = score_maps(fitted.pyramid, fitted.scores, torch.from_numpy(canvas).to(DEVICE)[None])
    scores = maps[0].permute(1, 2, 0).cpu().numpy().astype(np.float64)
    fused = fitted.logit(scores, np.asarray(float(confidence)))
    normal = (scores - fitted.fusion.mean) / fitted.fusion.deviation
    # Scores have no bounds; the inverse hyperbolic sine keeps their order and brings them among the bins.
    grids = [np.arcsinh(grid).astype(np.float32) for grid in (fused, *np.moveaxis(-normal, -1, 0))]
    return [on_picture(grid, stride, sample, recipe.width, recipe.height) for grid in grids]


def _found(counts: Counts, classes: Counts) -> dict[str, float]:
    """Share of each foreground class that is found where FALSE of the background is taken for foreground."""
    false = counts[BACKGROUND].cumsum() / max(1, counts[BACKGROUND].sum())
    last = int(np.searchsorted(false, FALSE))
    pixels = classes.sum(1)
    return {
        CLASS_NAMES[number]: float(classes[number, : last + 1].sum() / pixels[number])
        for number in common(pixels)
        if number not in BACKGROUND_CLASSES
    }
