# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Measurements of a model for its manifest: the reported data sets, and the contrast of its logit."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bgflow_ros.segmentation.model import Model
from bgflow_ros.segmentation.segmenter import Segmenter
from bgflow_train.data import IndexedDataset
from bgflow_train.data.registry import open_split
from bgflow_train.data.splits import group_rooms
from bgflow_train.evaluation.contrast import measure_contrast
from bgflow_train.evaluation.evaluation import evaluate
from bgflow_train.export.manifest import Manifest
from bgflow_train.export.model_card import write_card
from bgflow_train.model.partition import VALIDATE

__all__ = ["REPORT", "add_contrast", "contrast_report", "evaluation_reports", "room_names"]

REPORT = (
    ("nyu", "test"),
    ("nyu", "balanced"),
    ("ade20k_rooms", "test"),
    ("gazebo_house", "test"),
    ("gazebo_bookstore", "test"),
)
"""Data sets and splits that nothing is trained or tuned on."""


def evaluation_reports(segmenter: Segmenter, data: Path, cache: Path, seed: int) -> dict[str, Any]:
    """Evaluate a model on the data sets of REPORT.

    Args:
        segmenter: The model to measure.
        data: Folder that holds the data sets.
        cache: Folder for the counts of a run that is not finished.
        seed: Seed of the resampling behind the intervals.

    Returns:
        The report of `evaluate` for each data set and split.
    """
    return {"/".join(split): evaluate(segmenter, open_split(data, *split), cache, seed) for split in REPORT}


def contrast_report(
    model: Model, data: Path, validation: Sequence[IndexedDataset] = (), folds: Sequence[Model] = ()
) -> dict[str, Any]:
    """Measure the contrast of a model's logit, for the part `contrast` of its manifest; see `measure_contrast`.

    Args:
        model: The model.
        data: Folder that holds the data sets.
        validation: Images that the bound is chosen on; by default those of VALIDATE.
        folds: With cross-fitting, for each fold the model that has not seen it.
    """
    validation = validation or [open_split(data, *split) for split in VALIDATE]
    reported = [open_split(data, *split) for split in REPORT]
    return measure_contrast(model, validation, len(set(room_names(validation))), reported, folds)


def add_contrast(folder: Path, data: Path, notes: str = "") -> Manifest:
    """Write the least contrast of a room into a model folder's manifest and card; the graphs stay as they are.

    Args:
        folder: The model folder.
        data: Folder that holds the data sets.
        notes: Markdown to append to the model card.

    Returns:
        The manifest as written.
    """
    model, manifest = Model.load(folder), Manifest.load(folder)
    manifest.require_unseen()
    manifest = manifest.with_part("contrast", contrast_report(model, data))
    manifest.write(folder)
    write_card(folder, manifest, notes)
    return manifest


def room_names(datasets: Sequence[IndexedDataset]) -> list[str]:
    """Name the room of each image: in NYU a run of numbers, of a rendered one its number, elsewhere the image."""
    names = []
    for dataset in datasets:
        ids = dataset.ids
        if dataset.name.startswith("nyu/"):
            room_of = {id: run[0] for run in group_rooms(ids) for id in run}
            names += [f"{dataset.name} {room_of[id]}" for id in ids]
        elif dataset.name.startswith("rooms/"):
            names += [f"{dataset.name} {id.split('_')[0]}" for id in ids]
        else:
            names += [f"{dataset.name} {id}" for id in ids]
    return names
