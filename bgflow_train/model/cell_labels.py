# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Labels of a layer's cells, from the mask of an image."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from bgflow_train.data import BACKGROUND, VOID
from bgflow_train.networks import Layer

__all__ = ["PURE", "labelled", "pure_cells"]

PURE = 0.9
"""A cell is of a side if at least this share of its labelled pixels is, and if half of its pixels are labelled."""


def pure_cells(mask: npt.NDArray[np.uint8], layer: Layer, side: int = BACKGROUND) -> npt.NDArray[np.bool_]:
    """Find the cells of a layer that cover one side almost entirely, H/stride x W/stride.

    Args:
        mask: H x W, in the canvas.
        layer: Defines the cells.
        side: BACKGROUND or FOREGROUND.
    """
    known, covered = _share(mask != VOID, layer), _share(mask == side, layer)
    return np.asarray((known >= 0.5) & (covered >= PURE * known))


def labelled(mask: npt.NDArray[np.uint8], layer: Layer) -> npt.NDArray[np.bool_]:
    """Find the cells of a layer of which at least half is labelled, H/stride x W/stride.

    Args:
        mask: H x W, in the canvas.
        layer: Defines the cells.
    """
    return np.asarray(_share(mask != VOID, layer) >= 0.5)


def _share(pixels: npt.NDArray[np.bool_], layer: Layer) -> npt.NDArray[np.float32]:
    size = pixels.shape[1] // layer.stride, pixels.shape[0] // layer.stride
    return np.asarray(cv2.resize(pixels.astype(np.float32), size, interpolation=cv2.INTER_AREA))
