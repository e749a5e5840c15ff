# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Shares of the 40 classes of NYU that a model takes for foreground."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from bgflow_rooms.nyu40 import BACKGROUND_CLASSES, CLASS_NAMES

__all__ = ["common_classes", "count_classes", "shares_by_class"]

Counts = npt.NDArray[np.int64]

RARE = 0.001
"""Share of the labelled pixels below which a class is left out of reports."""


def count_classes(classes: npt.NDArray[np.uint8], foreground: npt.NDArray[np.uint8]) -> Counts:
    """Count one image's pixels by class.

    Args:
        classes: The labels, H x W, 0 for void.
        foreground: The foreground mask, H x W, 0 outside.

    Returns:
        2 x (void and classes): all pixels, and those inside the foreground mask.
    """
    chosen = (classes.ravel(), classes[foreground != 0])
    return np.stack([np.bincount(labels, minlength=len(CLASS_NAMES)) for labels in chosen])


def common_classes(pixels: Counts) -> list[int]:
    """List the numbers of the classes that are not rare, given the number of pixels of void and of each class."""
    least = max(1, RARE * pixels[1:].sum())
    return [number for number in range(1, len(CLASS_NAMES)) if pixels[number] >= least]


def shares_by_class(counts: Counts) -> dict[str, dict[str, Any]]:
    """Summarize how much of each class lies in the foreground mask.

    Args:
        counts: Images x 2 x (void and classes), see `count_classes`.

    Returns:
        The classes by name under `foreground` and `background`, each group with the worst class first. A class has
        the `share` of its pixels in the foreground mask, the number of its `pixels`, and the number of images that
        show it, `pictures`. Rare classes are left out.
    """
    pixels, inside = counts.sum(0)
    images = (counts[:, 0] > 0).sum(0)
    rows = {
        number: {
            "share": float(inside[number] / pixels[number]),
            "pixels": int(pixels[number]),
            "pictures": int(images[number]),
        }
        for number in common_classes(pixels)
    }
    by_share = sorted(rows, key=lambda number: rows[number]["share"])
    return {
        "foreground": {CLASS_NAMES[number]: rows[number] for number in by_share if number not in BACKGROUND_CLASSES},
        "background": {
            CLASS_NAMES[number]: rows[number] for number in reversed(by_share) if number in BACKGROUND_CLASSES
        },
    }
