# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Things in an image with true mask and depth, their sizes and distances, and which of them a mask finds."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["Thing", "find_things"]

EDGE = 0.1
"""Difference of depth between neighbouring pixels, as a share of it, that separates two things."""
LEAST = 30
"""Pixels below which a patch is no thing; rendered masks have such slivers at borders."""
FOUND = 0.5
"""Share of a thing's pixels that must be foreground for it to be found."""


@dataclass(frozen=True)
class Thing:
    """Patch of true foreground of continuous depth."""

    size: float
    """Longer side of its box at its distance, in metres."""
    distance: float
    """Median of its depth, in metres."""
    found: bool


def find_things(
    truth: npt.NDArray[np.uint8],
    depth: npt.NDArray[np.float32],
    foreground: npt.NDArray[np.uint8],
    focal: float,
) -> list[Thing]:
    """Find the things in an image that lie wholly within it.

    Args:
        truth: H x W: 0 background, 1 foreground, 255 void.
        depth: H x W, in metres, NaN where unknown.
        foreground: Mask of a model, H x W, 0 or 255.
        focal: Focal length in pixels.
    """
    height, width = truth.shape
    whole = (truth == 1) & np.isfinite(depth) & ~_edges(depth)
    count, numbers, stats, _ = cv2.connectedComponentsWithStats(whole.astype(np.uint8), connectivity=4)
    found = []
    for number in range(1, count):
        left, top, wide, high, area = stats[number].tolist()
        # Of a thing that the border cuts off nobody knows the size.
        if area < LEAST or left == 0 or top == 0 or left + wide == width or top + high == height:
            continue
        here = numbers == number
        distance = float(np.median(depth[here]))
        share = float((foreground[here] > 0).mean())
        found.append(Thing(max(wide, high) * distance / focal, distance, share >= FOUND))
    return found


def _edges(depth: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    """Mark pixels whose right or lower neighbour lies at another distance."""
    edges = np.zeros(depth.shape, np.bool_)
    for axis in (0, 1):
        ahead = np.diff(depth, axis=axis, append=np.take(depth, [-1], axis))
        with np.errstate(invalid="ignore"):
            edges |= np.abs(ahead) > EDGE * depth
    return edges
