# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The evaluation report of a model on a data set."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime

from bgflow_ros import __version__
from bgflow_ros.segmentation.hardware import processor
from bgflow_ros.segmentation.segmenter import Segmenter
from bgflow_train.data import IndexedDataset
from bgflow_train.data.classes import ClassLabels
from bgflow_train.evaluation.borders import quality
from bgflow_train.evaluation.class_shares import shares_by_class
from bgflow_train.evaluation.contact_sheet import write_contact_sheet
from bgflow_train.evaluation.metrics import require_both_labels, summary
from bgflow_train.evaluation.model_counts import ModelCounts, count_model
from bgflow_train.evaluation.reliability import calibration_error

__all__ = ["evaluate"]


def evaluate(
    segmenter: Segmenter,
    dataset: IndexedDataset,
    cache: Path,
    seed: int = 0,
    sheet: Path | None = None,
    classes: Path | None = None,
) -> dict[str, Any]:
    """Measure a model on a data set.

    Args:
        segmenter: The model to measure.
        dataset: The labelled images.
        cache: Folder for the counts of a run that is not finished.
        seed: Seed of the resampling behind the intervals.
        sheet: Image file to draw the best, median and worst images into; None for none.
        classes: Folder with the classes of the images; None for none.

    Returns:
        JSON-ready: the pooled metrics with 95 % intervals by image, their mean over the images, the shares of the
        pixels in the masks at the model's thresholds, the accuracy near borders and elsewhere, the classes where they
        are given, and everything that the numbers depend on.

    Raises:
        DatasetError: The set has no foreground or no background, or an image has no classes.
    """
    labels = None if classes is None else ClassLabels(classes, dataset.ids)
    counts = count_model(segmenter, dataset, cache, labels)
    require_both_labels(dataset.name, counts.logits)
    if sheet is not None:
        write_contact_sheet(sheet, segmenter, dataset, counts.logits)
    classes_report = {}
    if labels is not None and counts.classes is not None:
        classes_report = {"classes": {**shares_by_class(counts.classes), "sha256": labels.digest()}}
    return {
        "set": dataset.name,
        "pictures": len(dataset),
        "data_sha256": dataset.digest(),
        **_accuracy(counts, seed),
        **classes_report,
        **_circumstances(segmenter, seed),
    }


def _accuracy(counts: ModelCounts, seed: int) -> dict[str, Any]:
    return {
        **summary(counts.logits, seed),
        "calibration_error": calibration_error(counts.logits),
        "masks": counts.masks.shares(),
        "borders": {
            "near": quality(counts.border_logits, counts.border_masks),
            "away": quality(counts.logits - counts.border_logits, counts.masks - counts.border_masks),
        },
    }


def _circumstances(segmenter: Segmenter, seed: int) -> dict[str, Any]:
    """Everything that the numbers depend on besides the data."""
    return {
        "model": {"name": segmenter.model.name, "sha256": segmenter.model.sha256},
        "seed": seed,
        "versions": {
            "bgflow": __version__,
            "python": platform.python_version(),
            "numpy": np.__version__,
            "opencv": cv2.__version__,
            "onnxruntime": onnxruntime.__version__,
        },
        "machine": {
            "processor": processor(),
            "device": segmenter.runtime.device,
            "precision": segmenter.runtime.precision,
        },
    }
