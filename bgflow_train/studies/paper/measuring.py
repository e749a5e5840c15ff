# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Measurement of all systems of a column on a data set."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from bgflow_train.data import IndexedDataset, Sample
from bgflow_train.evaluation.counts import Counts, count
from bgflow_train.evaluation.metrics import histogram, require_both_labels, summary
from bgflow_train.studies.paper.column_fitting import FittedColumn
from bgflow_train.studies.paper.systems import rows

__all__ = ["measure_systems"]

RESAMPLES = 1000
"""Number of bootstrap samples for the intervals."""


def measure_systems(fitted: FittedColumn, dataset: IndexedDataset, folder: Path, seed: int) -> dict[str, Any]:
    """Measure all systems of a column on a data set.

    Args:
        fitted: The fitted column.
        dataset: The labelled images.
        folder: Cache folder; a repeated call reuses its counts.
        seed: Seed of the resampling behind the intervals.

    Returns:
        JSON-ready: the set, its hash, and for each system the pooled metrics with 95 % intervals by image and their
        mean over the images.

    Raises:
        DatasetError: The set has no foreground or no background.
    """
    names = rows(tuple(layer.number for layer in fitted.systems.expert.layers))
    counts = count(_CountedColumn(fitted, names), dataset, folder, keep=True)["logits"]
    require_both_labels(dataset.name, counts[:, 0])
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

    @property
    def identity(self) -> object:
        return self.names

    def count(self, sample: Sample) -> dict[str, Counts]:
        # Scores are unbounded. The inverse hyperbolic sine keeps their order and brings them into the histograms' bins.
        scores = (np.arcsinh(score) for score in self.fitted.scores(sample, self.names))
        return {"logits": np.stack([histogram(score, sample.mask) for score in scores])}
