# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Fitting of all systems of a column, with each step kept on disk."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from tqdm import tqdm

from bgflow_ros.segmentation.files import write_atomically
from bgflow_train.data import BACKGROUND, FOREGROUND, VOID, DatasetError, IndexedDataset, Sample
from bgflow_train.data.augment import AugmentedDataset
from bgflow_train.data.canvas import from_canvas
from bgflow_train.data.subsets import evenly_spaced
from bgflow_train.model.densities import KNN, Density, HybridFlow
from bgflow_train.model.fitting_data import min_cells
from bgflow_train.model.labelled_cells import LabelledCells
from bgflow_train.networks.device import DEVICE
from bgflow_train.networks.expert import Expert
from bgflow_train.studies.paper.cells import cells_of, draw
from bgflow_train.studies.paper.columns import KINDS, Column, Size
from bgflow_train.studies.paper.densities import make_density
from bgflow_train.studies.paper.features import FeatureCache, Features
from bgflow_train.studies.paper.fusion import PaperFusion
from bgflow_train.studies.paper.image_sets import ImageSets
from bgflow_train.studies.paper.systems import Systems

__all__ = ["FittedColumn", "fit_column"]

NEIGHBOURS = (1, 5, 20, 100, 300, 1000)
"""Candidates for the k of kNN."""
CHOICE_IMAGES = 24
"""Number of validation images on which k is chosen."""


@dataclass(frozen=True)
class FittedColumn:
    """The fitted systems of a column."""

    systems: Systems
    cache: FeatureCache
    record: dict[str, Any]
    """JSON-ready: the numbers of cells by layer and label, the NLLs, the choice of k, and the fusions."""

    def scores(self, sample: Sample, names: Iterable[str]) -> Iterator[npt.NDArray[np.float32]]:
        """Compute the background scores of an image.

        Args:
            sample: The image.
            names: Names of the systems, as `systems.rows` gives them.

        Yields:
            For each system a map at the image's own size, H x W.
        """
        maps = self.systems.maps(self.cache.of(sample))
        for name in names:
            yield from_canvas(maps[name].grid, maps[name].stride, sample, self.cache.width, self.cache.height)


def fit_column(column: Column, size: Size, expert: Expert, images: ImageSets, folder: Path, seed: int) -> FittedColumn:
    """Fit the densities and fusions of a column, continuing from the steps that `folder` already holds.

    Args:
        column: The column to fit.
        size: The size of its systems.
        expert: The trained expert.
        images: The images to fit, validate and fuse with.
        folder: The column's folder.
        seed: Seed of everything random.

    Raises:
        DatasetError: There are too few background or foreground cells.
    """
    canvas = size.canvas[column.architecture]
    cache = FeatureCache(folder / "features", expert, *canvas)
    rng = np.random.default_rng(seed)
    cells, counts = _cells(cache, AugmentedDataset(images.fit, size.variants, *canvas, seed), expert, size.cells, rng)
    validation, _ = _cells(cache, images.validate, expert, size.cells // 4, rng)
    densities: dict[str, list[Density]] = {kind: [] for kind in KINDS}
    for kind in KINDS:
        for layer, seen, unseen in zip(expert.layers, cells, validation, strict=True):
            density = make_density(kind, layer.channels, size, seed).to(DEVICE)
            path = folder / "densities" / f"{kind}{layer.number}.safetensors"
            label = f"{column.name}: {kind} {layer.number}"
            density.fit_once(path, partial(_fit, density, seen, unseen, seed, label))
            densities[kind].append(density.eval().requires_grad_(False))
    x, stop = ([part.x[~part.foreground] for part in parts] for parts in (cells, validation))
    choice = _choose_neighbours(cache, images, densities["knn"], folder)
    fuse = list(cache.features(images.fuse))
    fusions, nlls = {}, {}
    for kind in KINDS:
        stopping = _mean_nlls(densities[kind], stop)
        # The NLL of the descriptors that kNN stores is that of distance 0; validation images give that of background.
        centre = stopping if kind == "knn" else _mean_nlls(densities[kind], x)
        nll, labels, weights = cells_of(fuse, densities[kind])
        fusions[kind] = PaperFusion.fit(nll, labels, centre, weights)
        nlls[kind] = {"centre": centre, "validation": stopping}
    record = {
        "cells": counts,
        "nll": nlls,
        "neighbours": choice,
        "fusion": {kind: {"weight": fusion.weight, "bias": fusion.bias} for kind, fusion in fusions.items()},
    }
    return FittedColumn(Systems(expert, densities, fusions), cache, record)


def _fit(
    density: Density, cells: LabelledCells, validation: LabelledCells, seed: int, label: str, checkpoint: Path
) -> None:
    """Fit a density to background, or a hybrid flow to both sides."""
    if isinstance(density, HybridFlow):
        density.fit_cells(cells, validation, seed=seed, checkpoint=checkpoint, label=label)
    else:
        x, stop = (part.x[~part.foreground] for part in (cells, validation))
        density.fit(x, stop, seed=seed, checkpoint=checkpoint, label=label)


def _mean_nlls(densities: list[Density], cells: list[Tensor]) -> list[float]:
    return [density.mean_nll(x) for density, x in zip(densities, cells, strict=True)]


def _cells(
    cache: FeatureCache, dataset: IndexedDataset, expert: Expert, most: int, rng: np.random.Generator
) -> tuple[list[LabelledCells], dict[str, dict[str, int]]]:
    """Cells of every layer, at most `most` of either side, and the numbers of cells by layer and label."""
    # Drawing a share of each image's cells bounds the memory; exactly `most` are drawn at the end.
    found: list[tuple[list[npt.NDArray[np.float32]], ...]] = [([], []) for _ in expert.layers]
    counts = {str(layer.number): {"background": 0, "mixed": 0, "foreground": 0} for layer in expert.layers}
    names = {BACKGROUND: "background", VOID: "mixed", FOREGROUND: "foreground"}
    for features in cache.features(dataset):
        for index, layer in enumerate(expert.layers):
            for label, count in zip(*np.unique(features.labels(index), return_counts=True), strict=True):
                counts[str(layer.number)][names[int(label)]] += int(count)
            sides = features.background(index), features.foreground(index)
            for parts, cells in zip(found[index], sides, strict=True):
                parts.append(_share(cells, 4 * most // len(dataset), rng))
    labelled = []
    for layer, found_sides in zip(expert.layers, found, strict=True):
        drawn = []
        for side, parts in zip(("background", "foreground"), found_sides, strict=True):
            all_cells = np.concatenate(parts)
            if len(all_cells) < min_cells(layer):
                raise DatasetError(
                    f"layer {layer.number} has {len(all_cells)} {side} cells in {dataset.name}, expected at "
                    f"least {min_cells(layer)}; use more or larger images"
                )
            drawn.append(draw(all_cells, most, rng).to(DEVICE))
        foreground = torch.arange(sum(map(len, drawn)), device=DEVICE) >= len(drawn[0])
        labelled.append(LabelledCells(torch.cat(drawn), foreground, torch.zeros_like(foreground, dtype=torch.int64)))
    return labelled, counts


def _share(cells: npt.NDArray[np.float32], most: int, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    return cells if len(cells) <= most else cells[rng.choice(len(cells), most, replace=False)]


def _labelled(features: Features, layer: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.uint8]]:
    """Descriptors of a layer's cells and the labels under their centres, without the void cells."""
    labels = features.centres(layer)
    known = labels != VOID
    return features.select(layer, known), labels[known]


def _choose_neighbours(
    cache: FeatureCache, images: ImageSets, densities: list[Density], folder: Path
) -> dict[str, Any]:
    """Choose the k with the highest AUROC on cells of validation images, averaged over the layers, and set it."""
    path = folder / "densities" / "neighbours.json"
    if path.exists():
        choice = json.loads(path.read_text())
    else:
        from sklearn.metrics import roc_auc_score

        features = [cache.of(sample) for sample in evenly_spaced(images.validate, CHOICE_IMAGES)]
        mean = np.zeros(len(NEIGHBOURS))
        for index, density in enumerate(tqdm(densities, "choose k", unit="layer")):
            assert isinstance(density, KNN)
            cells, labels = (
                np.concatenate(parts) for parts in zip(*(_labelled(p, index) for p in features), strict=True)
            )
            nlls = density.nlls(torch.from_numpy(cells), list(NEIGHBOURS))
            mean += [roc_auc_score(labels == FOREGROUND, nll.numpy()) / len(densities) for nll in nlls]
        choice = {
            "k": int(NEIGHBOURS[int(mean.argmax())]),
            "auroc": dict(zip(map(str, NEIGHBOURS), mean.tolist(), strict=True)),
            "pictures": len(features),
        }
        write_atomically(path, json.dumps(choice).encode())
    for density in densities:
        assert isinstance(density, KNN)
        density.neighbours = choice["k"]
    return dict(choice)
