# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""What a model scores on a data set, by the very code that runs on the robot."""

from __future__ import annotations

import platform
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import onnxruntime
from tqdm import tqdm

from bgflow_ros import __version__
from bgflow_ros.segmenter import Segmenter
from bgflow_train.datasets import FOREGROUND, VOID, Dataset, DatasetError
from bgflow_train.metrics import bootstrap, histogram, measure

__all__ = ["evaluate", "histograms"]


def histograms(segmenter: Segmenter, dataset: Dataset) -> npt.NDArray[np.int64]:
    """Segment every picture and count its pixels by logit: pictures x 2 x bins."""
    return np.stack(
        [
            histogram(segmenter(sample.rgb).logit, sample.mask)
            for sample in tqdm(dataset, desc=f"evaluate {dataset.name}", unit="picture")
        ]
    )


def evaluate(segmenter: Segmenter, dataset: Dataset, seed: int = 0) -> dict[str, Any]:
    """Measure a model on a data set.

    Returns:
        JSON-ready: pooled metrics with 95 % intervals by picture, their mean over pictures, what the masks hold at
        the model's thresholds, and where it all comes from.
    """
    counts, masks = [], []
    for sample in tqdm(dataset, desc=f"evaluate {dataset.name}", unit="picture"):
        segmentation = segmenter(sample.rgb)
        counts.append(histogram(segmentation.logit, sample.mask))
        labelled, positive = sample.mask != VOID, sample.mask == FOREGROUND
        masks.append(
            [
                (labelled & positive).sum(),
                (labelled & ~positive).sum(),
                (positive & (segmentation.foreground == 0)).sum(),
                (labelled & ~positive & (segmentation.foreground != 0)).sum(),
                (positive & (segmentation.static != 0)).sum(),
                (labelled & ~positive & (segmentation.static != 0)).sum(),
            ]
        )
    stacked = np.stack(counts)
    if not stacked.sum((0, 2)).all():
        raise DatasetError(f"{dataset.name} has no background or no foreground: there is nothing to tell apart")
    each = [asdict(measure(picture)) for picture in stacked]
    foreground, background, missed, false, lost, kept = np.sum(masks, axis=0)
    return {
        "set": dataset.name,
        "pictures": len(dataset),
        "data_sha256": dataset.digest(),
        "metrics": asdict(measure(stacked.sum(0))),
        "interval95": bootstrap(stacked, seed),
        "mean_over_pictures": {
            # Over those that have both, as a picture of one class alone has no curve.
            name: float(np.nanmean([picture[name] for picture in each]))
            for name in each[0]
        },
        "masks": {
            "foreground_missed": float(missed / max(1, foreground)),
            "background_taken_for_foreground": float(false / max(1, background)),
            "foreground_taken_for_static": float(lost / max(1, foreground)),
            "background_found_static": float(kept / max(1, background)),
        },
        "model": {"name": segmenter.model.name, "sha256": segmenter.model.sha256},
        "seed": seed,
        "versions": {
            "bgflow": __version__,
            "python": platform.python_version(),
            "numpy": np.__version__,
            "opencv": cv2.__version__,
            "onnxruntime": onnxruntime.__version__,
        },
        "machine": {"processor": processor(), "device": segmenter.runtime.device},
    }


def processor() -> str:
    """Name of the processor, as the system tells it."""
    try:
        with Path("/proc/cpuinfo").open() as file:
            return next(line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
