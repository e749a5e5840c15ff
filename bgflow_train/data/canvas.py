# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The canvas that a network sees: labelled images letterboxed into it, and maps over it brought back to the image."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from bgflow_ros.segmentation.letterbox import fit_content, letterbox, upsample
from bgflow_train.data.base import VOID, Sample

__all__ = ["from_canvas", "to_canvas"]


def to_canvas(sample: Sample, width: int, height: int) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Letterbox picture and mask into a canvas; the mask is void where the picture does not reach."""
    canvas = np.empty((height, width, 3), np.uint8)
    content = letterbox(sample.rgb, canvas)
    mask = np.full((height, width), VOID, np.uint8)
    mask[: content.height, : content.width] = cv2.resize(sample.mask, content, interpolation=cv2.INTER_NEAREST)
    return canvas, mask


def from_canvas(
    grid: npt.NDArray[np.float32], stride: int, sample: Sample, width: int, height: int
) -> npt.NDArray[np.float32]:
    """The way back from `to_canvas`: a canvas' cells, h x w, at the picture's pixels, H x W.

    Args:
        grid: a number each `stride` pixels of the canvas.
        stride: see there.
        sample: the picture.
        width: of the canvas.
        height: of the canvas.
    """
    picture_height, picture_width = sample.mask.shape
    content = fit_content(picture_width, picture_height, width, height)
    return upsample(grid, content, stride, picture_width, picture_height)
