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
    """Letterbox an image and its mask into a canvas.

    Args:
        sample: The labelled image.
        width: Width of the canvas in pixels.
        height: Height of the canvas in pixels.

    Returns:
        The canvas, H x W x 3, and the mask, H x W, which is void where the image does not reach.
    """
    canvas = np.empty((height, width, 3), np.uint8)
    content = letterbox(sample.rgb, canvas)
    mask = np.full((height, width), VOID, np.uint8)
    mask[: content.height, : content.width] = cv2.resize(sample.mask, content, interpolation=cv2.INTER_NEAREST)
    return canvas, mask


def from_canvas(
    grid: npt.NDArray[np.float32], stride: int, sample: Sample, width: int, height: int
) -> npt.NDArray[np.float32]:
    """Upsample a map over the cells of a canvas, h x w, to the pixels of the image, H x W: the inverse of `to_canvas`.

    Args:
        grid: One number for every `stride` pixels of the canvas.
        stride: Pixels of the canvas per cell.
        sample: The image.
        width: Width of the canvas in pixels.
        height: Height of the canvas in pixels.
    """
    image_height, image_width = sample.mask.shape
    content = fit_content(image_width, image_height, width, height)
    return upsample(grid, content, stride, image_width, image_height)
