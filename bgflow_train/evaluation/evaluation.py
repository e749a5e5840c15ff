# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""What a model scores on a data set, by the very code that runs on the robot."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime

from bgflow_ros import __version__
from bgflow_ros.segmentation.files import write_atomically
from bgflow_ros.segmentation.hardware import processor
from bgflow_ros.segmentation.segmenter import Segmenter
from bgflow_train.data import DatasetError, IndexedDataset
from bgflow_train.data.classes import ClassLabels
from bgflow_train.evaluation.breakdown import by_class, quality
from bgflow_train.evaluation.contact_sheet import contact_sheet
from bgflow_train.evaluation.counts import tally
from bgflow_train.evaluation.metrics import summary
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
        segmenter: of the model.
        dataset: labelled pictures.
        cache: folder for what a killed run has done.
        seed: of the intervals' resampling.
        sheet: picture file to draw the best, median and worst pictures into; None for none.
        classes: folder of the pictures' classes; None for none.

    Returns:
        JSON-ready: pooled metrics with 95 % intervals by picture, their mean over pictures, what the masks hold at
        the model's thresholds, quality at borders and away from them, the classes where they are given, and where it
        all comes from.

    Raises:
        DatasetError: foreground or background does not occur, or a picture has no classes.
    """
    labels = None if classes is None else ClassLabels(classes, dataset.ids)
    counted = tally(segmenter, dataset, cache, labels)
    if not counted.logits.sum((0, 2)).all():
        raise DatasetError(f"{dataset.name} has no background or no foreground: there is nothing to tell apart")
    if sheet is not None:
        drawn = contact_sheet(segmenter, dataset, counted.logits)
        write_atomically(sheet, cv2.imencode(".png", drawn[..., ::-1])[1].tobytes())
    foreground, background, missed, lost, false, kept = counted.masks.sum(0)
    return {
        "set": dataset.name,
        "pictures": len(dataset),
        "data_sha256": dataset.digest(),
        **summary(counted.logits, seed),
        "calibration_error": calibration_error(counted.logits),
        "masks": {
            "foreground_missed": float(missed / max(1, foreground)),
            "background_taken_for_foreground": float(false / max(1, background)),
            "foreground_taken_for_static": float(lost / max(1, foreground)),
            "background_found_static": float(kept / max(1, background)),
        },
        "borders": {
            "near": quality(counted.band_logits, counted.band_masks),
            "away": quality(counted.logits - counted.band_logits, counted.masks - counted.band_masks),
        },
        **({} if labels is None else {"classes": {**by_class(counted.classes), "sha256": labels.digest()}}),
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
