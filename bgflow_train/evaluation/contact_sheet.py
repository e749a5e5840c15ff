# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""A contact sheet of the images on which a model does best, middling and worst."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from bgflow_ros.segmentation.files import write_atomically
from bgflow_ros.segmentation.segmenter import Segmenter
from bgflow_train.data import FOREGROUND, VOID, IndexedDataset, Sample
from bgflow_train.evaluation.metrics import measure

__all__ = ["write_contact_sheet", "write_title"]

EACH = 3
"""Number of best, of median and of worst images."""
TILE = (256, 192)
"""Width and height of an image in the sheet."""


def write_contact_sheet(
    path: Path, segmenter: Segmenter, dataset: IndexedDataset, counts: npt.NDArray[np.int64]
) -> None:
    """Draw the images of a set with the best, median and worst AUROC.

    A row of the sheet shows one image: the image itself, its labels, the likelihood of background, and the overlay.

    Args:
        path: The PNG file to write.
        segmenter: The model.
        dataset: The labelled images.
        counts: Histograms of the same images, images x 2 x bins, see `metrics.histogram`.
    """
    auroc = np.array([measure(image).auroc for image in counts])
    order = [place for place in np.argsort(-auroc) if not np.isnan(auroc[place])]
    middle = max(0, len(order) // 2 - EACH // 2)
    groups = {"best": order[:EACH], "median": order[middle : middle + EACH], "worst": order[-EACH:]}
    rows = []
    for group, places in groups.items():
        for place in places:
            sample = dataset[int(place)]
            rows.append(_row(segmenter, sample, f"{group}: {sample.id}, AUROC {auroc[place]:.3f}"))
    write_atomically(path, cv2.imencode(".png", np.concatenate(rows)[..., ::-1])[1].tobytes())


def _row(segmenter: Segmenter, sample: Sample, title: str) -> npt.NDArray[np.uint8]:
    segmentation = segmenter(sample.rgb)
    labels = np.full((*sample.mask.shape, 3), 40, np.uint8)
    labels[sample.mask == FOREGROUND] = 255
    labels[sample.mask == VOID] = (120, 60, 60)
    likelihood = np.repeat((255 * segmentation.likelihood).astype(np.uint8)[..., None], 3, 2)
    tiles = [sample.rgb, labels, likelihood, segmentation.overlay]
    row = np.concatenate([cv2.resize(tile, TILE, interpolation=cv2.INTER_AREA) for tile in tiles], 1)
    write_title(row, title, 6)
    return np.asarray(row, np.uint8)


def write_title(row: npt.NDArray[np.uint8], title: str, left: int) -> None:
    """Write a title at the top of a row of images, from this column on, readable on any of them."""
    for colour, thickness in (((0, 0, 0), 3), ((255, 255, 255), 1)):
        cv2.putText(row, title, (left, 16), cv2.FONT_HERSHEY_SIMPLEX, 0.45, colour, thickness, cv2.LINE_AA)
