# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""A contact sheet of what a model does best, middling and worst."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from bgflow_ros.segmentation.segmenter import Segmenter
from bgflow_train.data import FOREGROUND, VOID, IndexedDataset, Sample
from bgflow_train.evaluation.metrics import measure

__all__ = ["contact_sheet"]

EACH = 3
"""Pictures of each kind."""
TILE = (256, 192)
"""Width and height of a picture in the sheet."""


def contact_sheet(
    segmenter: Segmenter, dataset: IndexedDataset, counts: npt.NDArray[np.int64]
) -> npt.NDArray[np.uint8]:
    """Draw the best, median and worst pictures of a set, a row each: picture, truth, likelihood, overlay.

    Args:
        segmenter: of the model.
        dataset: whose pictures.
        counts: pictures x 2 x bins of the same pictures, see `metrics.histogram`.

    Returns:
        The sheet, RGB.
    """
    auroc = np.array([measure(picture).auroc for picture in counts])
    order = [place for place in np.argsort(-auroc) if not np.isnan(auroc[place])]
    middle = max(0, len(order) // 2 - EACH // 2)
    kinds = {"best": order[:EACH], "median": order[middle : middle + EACH], "worst": order[-EACH:]}
    rows = []
    for kind, places in kinds.items():
        for place in places:
            sample = dataset[int(place)]
            rows.append(_row(segmenter, sample, f"{kind}: {sample.id}, AUROC {auroc[place]:.3f}"))
    return np.concatenate(rows)


def _row(segmenter: Segmenter, sample: Sample, title: str) -> npt.NDArray[np.uint8]:
    found = segmenter(sample.rgb)
    truth = np.full((*sample.mask.shape, 3), 40, np.uint8)
    truth[sample.mask == FOREGROUND] = 255
    truth[sample.mask == VOID] = (120, 60, 60)
    grey = np.repeat((255 * found.likelihood).astype(np.uint8)[..., None], 3, 2)
    pictures = [sample.rgb, truth, grey, found.overlay]
    row = np.concatenate([cv2.resize(picture, TILE, interpolation=cv2.INTER_AREA) for picture in pictures], 1)
    for colour, thick in (((0, 0, 0), 3), ((255, 255, 255), 1)):
        cv2.putText(row, title, (6, 16), cv2.FONT_HERSHEY_SIMPLEX, 0.45, colour, thick, cv2.LINE_AA)
    return np.asarray(row, np.uint8)
