# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Every system of a column on every picture of a set, counted; a run that was killed goes on where it was."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from bgflow_ros.segmentation.files import write_atomically
from bgflow_train.data import DatasetError, IndexedDataset, Sample
from bgflow_train.evaluation.metrics import histogram, summary
from bgflow_train.studies.paper.column_fitting import FittedColumn
from bgflow_train.studies.paper.systems import rows

__all__ = ["measure_systems"]

RESAMPLES = 1000
"""Of the pictures, for the intervals."""


def measure_systems(fitted: FittedColumn, dataset: IndexedDataset, folder: Path, seed: int) -> dict[str, Any]:
    """Measure all systems of a column on a set.

    Args:
        fitted: the column's.
        dataset: labelled pictures.
        folder: for the counts of each picture.
        seed: of the intervals' resampling.

    Returns:
        JSON-ready: the set, its hash, and for each system pooled metrics with 95 % intervals by picture, and their
        mean over pictures.

    Raises:
        DatasetError: foreground or background does not occur.
    """
    names = rows(tuple(layer.number for layer in fitted.systems.expert.layers))
    counts = np.stack(
        [
            _counts(fitted, sample, names, folder)
            for sample in tqdm(dataset, f"measure {dataset.name}", len(dataset), unit="picture")
        ]
    )
    if not counts[:, 0].sum((0, 2)).all():
        raise DatasetError(f"{dataset.name} has no background or no foreground: there is nothing to tell apart")
    results = {
        name: summary(counts[:, row], seed, RESAMPLES)
        for row, name in enumerate(tqdm(names, f"intervals {dataset.name}", unit="system"))
    }
    return {"set": dataset.name, "pictures": len(dataset), "data_sha256": dataset.digest(), "systems": results}


def _counts(fitted: FittedColumn, sample: Sample, names: list[str], folder: Path) -> npt.NDArray[np.int64]:
    """Histograms of one picture, systems x 2 x bins."""
    content = hashlib.sha256(repr(names).encode() + sample.rgb.tobytes() + sample.mask.tobytes()).hexdigest()[:24]
    path = folder / f"{content}.npz"
    if path.exists():
        with np.load(path, allow_pickle=False) as file:
            return np.asarray(file["counts"], np.int64)
    # Scores have no bounds; the inverse hyperbolic sine keeps their order and brings them among the bins.
    counts = np.stack([histogram(np.arcsinh(score), sample.mask) for score in fitted.scores(sample, names)])
    file = io.BytesIO()
    np.savez_compressed(file, counts=counts.astype(np.int32))
    write_atomically(path, file.getvalue())
    return counts
