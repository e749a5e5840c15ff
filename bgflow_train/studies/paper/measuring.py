# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Measurement of all systems of a column on a data set."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from bgflow_train.data import IndexedDataset, Sample
from bgflow_train.evaluation.counts import Counts, count
from bgflow_train.evaluation.metrics import histogram, require_both_labels, summary
from bgflow_train.studies.paper.cells import cells_of
from bgflow_train.studies.paper.column_fitting import FittedColumn
from bgflow_train.studies.paper.columns import KINDS
from bgflow_train.studies.paper.fusion import PaperFusion
from bgflow_train.studies.paper.systems import rows

__all__ = ["CROSS_FITTED", "measure_systems"]

RESAMPLES = 1000
"""Number of bootstrap samples for the intervals."""
FOLDS = 5
CROSS_FITTED = "cross-fitted"
"""Name of the logistic regression that is fitted to the other folds of the measured set."""


def measure_systems(
    fitted: FittedColumn, dataset: IndexedDataset, folder: Path, seed: int, cross_fit: bool
) -> dict[str, Any]:
    """Measure all systems of a column on a data set.

    Args:
        fitted: The fitted column.
        dataset: The labelled images.
        folder: Cache folder; a repeated call reuses its counts.
        seed: Seed of the resampling behind the intervals.
        cross_fit: Also measure every ensemble with its regression fitted to other images of the same set: the paper
            took its 25 fitting images from the set of Table II.

    Returns:
        JSON-ready: the set, its hash, and for each system the pooled metrics with 95 % intervals by image and their
        mean over the images.

    Raises:
        DatasetError: The set has no foreground or no background.
    """
    names = rows(tuple(layer.number for layer in fitted.systems.expert.layers))
    folds = _cross_fitted(fitted, dataset) if cross_fit else {}
    counts = count(_CountedColumn(fitted, names, folds), dataset, folder, keep=True)["logits"]
    require_both_labels(dataset.name, counts[:, 0])
    names += [f"{kind} {CROSS_FITTED}" for kind in KINDS if cross_fit]
    results = {
        name: summary(counts[:, row], seed, RESAMPLES)
        for row, name in enumerate(tqdm(names, f"intervals {dataset.name}", unit="system"))
    }
    return {"set": dataset.name, "pictures": len(dataset), "data_sha256": dataset.digest(), "systems": results}


@dataclass(frozen=True)
class _CountedColumn:
    """The `counts.System` of a column, whose folder of counts belongs to one fit of the column."""

    fitted: FittedColumn
    names: list[str]
    folds: dict[str, FittedColumn]
    """By the id of an image the column with regressions that have not seen it; empty for none."""

    @property
    def identity(self) -> object:
        return self.names, bool(self.folds)

    def count(self, sample: Sample) -> dict[str, Counts]:
        scores = list(self.fitted.scores(sample, self.names))
        if self.folds:
            scores += self.folds[sample.id].scores(sample, [f"{kind} ensemble" for kind in KINDS])
        # Scores are unbounded. The inverse hyperbolic sine keeps their order and brings them into the histograms' bins.
        return {"logits": np.stack([histogram(np.arcsinh(score), sample.mask) for score in scores])}


def _cross_fitted(fitted: FittedColumn, dataset: IndexedDataset) -> dict[str, FittedColumn]:
    """Fit the regressions for each of FOLDS to the images of the others; every FOLDS-th image is in the same one."""
    systems, features = fitted.systems, [fitted.cache.of(sample) for sample in dataset]
    found: dict[str, FittedColumn] = {}
    for fold in range(min(FOLDS, len(dataset))):
        others = [image for place, image in enumerate(features) if place % FOLDS != fold]
        fusions = {}
        for kind, densities in systems.densities.items():
            nll, labels, weights = cells_of(others, densities)
            fusions[kind] = PaperFusion.fit(nll, labels, systems.fusions[kind].centre, weights)
        column = replace(fitted, systems=replace(systems, fusions=fusions))
        found |= dict.fromkeys(dataset.ids[fold::FOLDS], column)
    return found
