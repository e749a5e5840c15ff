# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Counts of what a model does to the images of a data set, run by the same code as on the robot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bgflow_ros.segmentation.segmenter import Segmenter
from bgflow_train.data import VOID, IndexedDataset, Sample
from bgflow_train.data.classes import ClassLabels
from bgflow_train.data.folds import ByFold
from bgflow_train.evaluation.borders import near_border
from bgflow_train.evaluation.class_shares import count_classes
from bgflow_train.evaluation.counts import Counts, count
from bgflow_train.evaluation.mask_counts import MaskCounts
from bgflow_train.evaluation.metrics import histogram

__all__ = ["ModelCounts", "count_model"]


@dataclass(frozen=True)
class ModelCounts:
    """Counts of pixels for each image of a data set."""

    logits: Counts
    """Histograms of the background logit, images x 2 x bins, see `metrics.histogram`."""
    masks: MaskCounts
    border_logits: Counts
    """Histograms of the pixels near borders alone, see `borders.near_border`."""
    border_masks: MaskCounts
    """Mask counts of these pixels alone."""
    classes: Counts | None
    """Pixels by class, images x 2 x (void and classes), see `count_classes`; None where no classes were given."""


def count_model(
    segmenter: Segmenter,
    dataset: IndexedDataset,
    cache: Path,
    classes: ClassLabels | None = None,
    folds: Sequence[Segmenter] = (),
) -> ModelCounts:
    """Segment and count every image of a data set.

    Args:
        segmenter: The model to measure.
        dataset: The labelled images.
        cache: Folder for the counts of a run that is not finished; a finished run leaves nothing there.
        classes: The classes of the images.
        folds: With cross-fitting, for each fold the model that has not seen it, to segment its images.
    """
    counts = count(_CountedSegmenter(ByFold(segmenter, *folds), classes), dataset, cache)
    return ModelCounts(
        logits=counts["logits"],
        masks=MaskCounts.of_images(counts["masks"]),
        border_logits=counts["border_logits"],
        border_masks=MaskCounts.of_images(counts["border_masks"]),
        classes=counts.get("classes"),
    )


@dataclass(frozen=True)
class _CountedSegmenter:
    """The `counts.System` of a model."""

    segmenters: ByFold[Segmenter]
    classes: ClassLabels | None

    @property
    def identity(self) -> object:
        segmenters = [
            (segmenter.model.sha256, *segmenter.thresholds, segmenter.runtime.device, segmenter.runtime.precision)
            for segmenter in self.segmenters.all
        ]
        return *segmenters, None if self.classes is None else self.classes.digest()

    def count(self, sample: Sample) -> dict[str, Counts]:
        # Unusable class labels are reported before the time for the inference is spent.
        labels = None if self.classes is None else self.classes.of(sample)
        segmentation = self.segmenters.of(sample.id)(sample.rgb)
        border = np.where(near_border(sample.mask), sample.mask, np.uint8(VOID))
        counts = {
            "logits": histogram(segmentation.logit, sample.mask),
            "masks": MaskCounts.of_image(segmentation, sample.mask),
            "border_logits": histogram(segmentation.logit, border),
            "border_masks": MaskCounts.of_image(segmentation, border),
        }
        if labels is not None:
            counts["classes"] = count_classes(labels, segmentation.foreground)
        return counts
