# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Map of the voxels in which depth has shown a surface, and what a view says of places."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from bgflow_ros.media.posed_recording import PosedDepth
from bgflow_ros.segmentation.depth import Intrinsics

__all__ = ["FURTHEST", "SIGHTINGS", "VOXEL", "VoxelMap", "testify", "thinned", "voxel_keys"]

VOXEL = 0.05
"""Edge of a voxel in metres."""
FURTHEST = 5.0
"""Depth beyond which nothing is mapped, in metres, as in `bgflow maps`."""
SIGHTINGS = 2
"""Number of views that must agree, so that single wrong depths neither make nor remove anything."""
BEYOND = 3 * VOXEL
"""Distance behind a voxel, in metres, from which on a measured depth has passed through it."""
ACROSS = ((0, 0), (-1, -1), (-1, 1), (1, -1), (1, 1))
"""Where in the square around a voxel, in its radii, a view looks at it."""
BITS = 21
"""Bits for each axis of a voxel's key; they reach 52 km in each direction."""
THINNING = 4
"""Views that testify keep each such pixel, across and down."""

Points = npt.NDArray[np.float32]
Keys = npt.NDArray[np.int64]


def thinned(view: PosedDepth) -> PosedDepth:
    """Copy a view with one in THINNING pixels of a row and of a column."""
    fx, fy, cx, cy = (value / THINNING for value in view.intrinsics)
    return PosedDepth(view.depth[::THINNING, ::THINNING].copy(), Intrinsics(fx, fy, cx, cy), view.pose)


def testify(view: PosedDepth, centers: Points) -> npt.NDArray[np.int8]:
    """Tell of voxels, N x 3, whether a view passes through them, 1, ends at them, -1, or does not know, 0.

    A view that passes by the border of a thing would pass through half a voxel; it has to miss the whole voxel.
    """
    inside = (centers - view.pose[:3, 3]) @ view.pose[:3, :3]
    away = inside[:, 2]
    height, width = view.depth.shape
    near = np.maximum(away, VOXEL)
    radius = VOXEL * np.sqrt(3) / 2 / near
    beyond = np.full((len(ACROSS), len(centers)), np.nan, np.float32)
    for found, (right, down) in zip(beyond, ACROSS, strict=True):
        u = np.rint((inside[:, 0] / near + right * radius) * view.intrinsics.fx + view.intrinsics.cx)
        v = np.rint((inside[:, 1] / near + down * radius) * view.intrinsics.fy + view.intrinsics.cy)
        seen = (away > VOXEL) & (u >= 0) & (u < width) & (v >= 0) & (v < height)
        found[seen] = view.depth[v[seen].astype(np.int64), u[seen].astype(np.int64)] - away[seen]
    # Unknown depth is NaN, which neither lies beyond nor near.
    passes, ends = (beyond > BEYOND).all(0), np.abs(beyond[0]) <= BEYOND
    return np.where(passes, 1, np.where(ends, -1, 0)).astype(np.int8)


@dataclass
class VoxelMap:
    """Voxels with a surface; each has the colour in which it was first seen."""

    _keys: Keys = field(default_factory=lambda: np.empty(0, np.int64))
    _colors: npt.NDArray[np.uint8] = field(default_factory=lambda: np.empty((0, 3), np.uint8))
    _sightings: npt.NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))

    def add(self, points: Points, colors: npt.NDArray[np.uint8]) -> None:
        """Add the points of one view, N x 3 in metres, and their colours, N x 3."""
        keys, first = np.unique(voxel_keys(points), return_index=True)
        together = np.concatenate([self._keys, keys])
        self._keys, where, back = np.unique(together, return_index=True, return_inverse=True)
        self._colors = np.concatenate([self._colors, colors[first]])[where]
        counts = np.concatenate([self._sightings, np.ones(len(keys), np.int64)])
        self._sightings = np.bincount(back.ravel(), counts, len(self._keys)).astype(np.int64)

    def voxels(self) -> tuple[Points, npt.NDArray[np.uint8]]:
        """Return the centres, N x 3, and colours, N x 3, of the voxels that SIGHTINGS views or more have shown."""
        sure = self._sightings >= SIGHTINGS
        return _centers(self._keys[sure]), self._colors[sure]


def voxel_keys(points: Points) -> Keys:
    """Return the key of the voxel that holds each point, N x 3."""
    cells = np.floor(points / np.float32(VOXEL)).astype(np.int64) + (1 << (BITS - 1))
    keys: Any = (cells[:, 0] << (2 * BITS)) | (cells[:, 1] << BITS) | cells[:, 2]
    return np.asarray(keys, np.int64)


def _centers(keys: Keys) -> Points:
    cells = np.stack([keys >> (2 * BITS), keys >> BITS, keys], axis=-1) & ((1 << BITS) - 1)
    return np.asarray((cells - (1 << (BITS - 1)) + 0.5) * VOXEL, np.float32)
