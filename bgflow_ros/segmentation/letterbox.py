# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Images of any shape into the network's fixed canvas, and its coarse maps back to the image."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["FILL", "Content", "cells_within", "fit_content", "letterbox", "upsample"]

FILL = 127
"""Grey level of the canvas outside the image, which is close to zero once the network has normalised it."""
HALVED = 3
"""Images that are larger than the canvas by more than this factor are halved first, because OpenCV averages blocks of
2 x 2 pixels much faster than it scales by a fractional factor."""


class Content(NamedTuple):
    """Width and height, in canvas pixels, of the image in the upper left corner of the canvas."""

    width: int
    height: int


def fit_content(width: int, height: int, canvas_width: int, canvas_height: int) -> Content:
    """Largest size with the image's aspect ratio (to the pixel) that fits into the canvas."""
    scale = min(canvas_width / width, canvas_height / height)
    return Content(min(canvas_width, max(1, round(width * scale))), min(canvas_height, max(1, round(height * scale))))


def letterbox(image: npt.NDArray[np.uint8], canvas: npt.NDArray[np.uint8]) -> Content:
    """Scale `image` (H x W x 3) into `canvas` (h x w x 3, overwritten) and fill the rest with grey.

    The image lies in the upper left corner, so that canvas and image share their origin and the way back only needs
    a scale.
    """
    canvas_height, canvas_width = canvas.shape[:2]
    height, width = image.shape[:2]
    content = fit_content(width, height, canvas_width, canvas_height)
    while width > HALVED * content.width and width % 2 == height % 2 == 0:
        width, height = width // 2, height // 2
        image = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    # Area averaging avoids aliasing where much is reduced; otherwise bilinear interpolation is as good and faster.
    interpolation = cv2.INTER_AREA if width > 2 * content.width else cv2.INTER_LINEAR
    if content == (width, height):
        canvas[:height, :width] = image
    else:
        canvas[: content.height, : content.width] = cv2.resize(image, content, interpolation=interpolation)
    canvas[content.height :] = FILL
    canvas[:, content.width :] = FILL
    return content


def cells_within(grid: npt.NDArray[np.float32], content: Content, stride: int) -> npt.NDArray[np.float32]:
    """View the cells (h x w, one per `stride` canvas pixels) that the image covers, at its edge partly."""
    return grid[: -(-content.height // stride), : -(-content.width // stride)]


def upsample(
    grid: npt.NDArray[np.float32], content: Content, stride: int, width: int, height: int
) -> npt.NDArray[np.float32]:
    """Interpolate bilinearly from the cells of the canvas (h x w, one per `stride` pixels) to the image's pixels.

    Cells and pixels are areas: cell (0, 0) is centred on pixel (stride / 2, stride / 2) of the canvas.
    """
    # Whole cells are interpolated, then cut: those under the image's edge overhang it by less than one cell.
    cells = cells_within(grid, content, stride)
    over_width = round(cells.shape[1] * stride * width / content.width)
    over_height = round(cells.shape[0] * stride * height / content.height)
    over = cv2.resize(cells, (over_width, over_height), interpolation=cv2.INTER_LINEAR)
    if over.shape == (height, width):
        return over  # type: ignore[return-value]
    return np.ascontiguousarray(over[:height, :width])
