# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Where a model is wrong: at the borders of things or away from them, and on which classes of things."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from bgflow_rooms.nyu40 import BACKGROUND_CLASSES, CLASS_NAMES
from bgflow_train.data import BACKGROUND, FOREGROUND
from bgflow_train.evaluation.metrics import measure

__all__ = ["band", "by_class", "class_counts", "common", "quality"]

Counts = npt.NDArray[np.int64]

WIDTH = 0.01
"""Of the band at either side of a border, in picture widths."""
RARE = 0.001
"""Share of the labelled pixels below which a class is left out."""


def band(mask: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """Find the pixels close to a border between background and foreground.

    They are those that have the other class within reach, so that a border is one under a thin seam of void as well,
    and void alone makes none.

    Args:
        mask: H x W of BACKGROUND, FOREGROUND and VOID.
    """
    # The border lies half a pixel before the other class' first pixel.
    reach = WIDTH * mask.shape[1] + 0.5
    away = [
        cv2.distanceTransform((mask != kind).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        for kind in (BACKGROUND, FOREGROUND)
    ]
    return np.asarray(np.maximum(*away) <= reach)


def quality(logits: Counts, masks: Counts) -> dict[str, float | None]:
    """AUROC and the share of pixels that the foreground mask has wrong; None where there is nothing to tell apart.

    Args:
        logits: see `Tally`.
        masks: see `Tally`.
    """
    foreground, background, missed, _, false, _ = masks.sum(0)
    pixels = foreground + background
    return {
        "auroc": measure(logits.sum(0)).auroc if foreground and background else None,
        "wrong": float((missed + false) / pixels) if pixels else None,
    }


def class_counts(classes: npt.NDArray[np.uint8], foreground: npt.NDArray[np.uint8]) -> Counts:
    """Count one picture's pixels by class, 2 x (void and classes): all, then those in the foreground mask."""
    chosen = (classes.ravel(), classes[foreground != 0])
    return np.stack([np.bincount(labels, minlength=len(CLASS_NAMES)) for labels in chosen])


def common(pixels: Counts) -> list[int]:
    """Numbers of the classes that are not rare, of the pixels of void and of each class."""
    least = max(1, RARE * pixels[1:].sum())
    return [number for number in range(1, len(CLASS_NAMES)) if pixels[number] >= least]


def by_class(counts: Counts) -> dict[str, dict[str, Any]]:
    """Say what the foreground mask holds of each class.

    Args:
        counts: pictures x 2 x (void and classes), see `class_counts`.

    Returns:
        Of `foreground` and `background` the classes by name, the worst first: the share of the pixels that the
        foreground mask holds, the number of pixels and of the pictures that show any. Rare classes are left out.
    """
    pixels, held = counts.sum(0)
    pictures = (counts[:, 0] > 0).sum(0)
    rows = {
        number: {
            "share": float(held[number] / pixels[number]),
            "pixels": int(pixels[number]),
            "pictures": int(pictures[number]),
        }
        for number in common(pixels)
    }
    by_share = sorted(rows, key=lambda number: rows[number]["share"])
    return {
        "foreground": {CLASS_NAMES[it]: rows[it] for it in by_share if it not in BACKGROUND_CLASSES},
        "background": {CLASS_NAMES[it]: rows[it] for it in reversed(by_share) if it in BACKGROUND_CLASSES},
    }
