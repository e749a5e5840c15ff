# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Volumetric map of depth with known poses: a truncated signed distance function (Curless and Levoy, 1996)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Grid", "Tsdf", "View"]

Depth = npt.NDArray[np.float32]
Flat = npt.NDArray[Any]
"""Something of each voxel in view."""


@dataclass(frozen=True)
class View:
    """Voxels of a grid that lie before a camera and within its image."""

    voxels: npt.NDArray[np.int64]
    """Their flat indices in the grid, N."""
    pixels: npt.NDArray[np.int64]
    """Flat indices of the pixels that they are seen at, N."""
    away: npt.NDArray[np.float32]
    """Their distances along the optical axis in metres, N."""


class Grid:
    """Cubic voxels that fill a box.

    Args:
        low: Least x, y, z of the box in metres.
        high: Greatest x, y, z of the box in metres.
        voxel: Edge of a voxel in metres.
    """

    def __init__(self, low: Flat, high: Flat, voxel: float) -> None:
        self.voxel = voxel
        self.shape = tuple(int(count) for count in np.ceil((high - low) / voxel))
        steps = (start + voxel * (np.arange(count) + 0.5) for start, count in zip(low, self.shape, strict=True))
        self.centers = np.stack(np.meshgrid(*steps, indexing="ij"), -1).reshape(-1, 3).astype(np.float32)
        """Centres of the voxels, N x 3."""

    def view(self, pose: Flat, matrix: Flat, size: tuple[int, int]) -> View:
        """Project the voxels into a camera.

        Args:
            pose: Pose of the camera's optical frame in the grid's frame, 4 x 4.
            matrix: Camera matrix of a pinhole, 3 x 3.
            size: Width and height of its image in pixels.
        """
        rotation, place = pose[:3, :3].astype(np.float32), pose[:3, 3].astype(np.float32)
        seen: Depth = ((self.centers - place) @ rotation).astype(np.float32)
        away = seen[:, 2]
        with np.errstate(divide="ignore", invalid="ignore"):
            u = np.rint(seen[:, 0] / away * matrix[0, 0] + matrix[0, 2])
            v = np.rint(seen[:, 1] / away * matrix[1, 1] + matrix[1, 2])
        width, height = size
        voxels = np.flatnonzero((away > self.voxel) & (u >= 0) & (u < width) & (v >= 0) & (v < height))
        pixels = v[voxels].astype(np.int64) * width + u[voxels].astype(np.int64)
        return View(voxels, pixels, away[voxels])


class Tsdf:
    """Mean of the truncated signed distances to the surfaces that depth images show, for each voxel of a grid.

    Args:
        grid: The grid.
    """

    TRUNCATION = 3.0
    """Distance to a surface, in voxels, beyond which a voxel in front of it counts as free and one behind as unseen."""
    OFTEN = 3
    """Number of depth images that must have seen a voxel."""

    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        self._sum = np.zeros(len(grid.centers), np.float32)
        self._count = np.zeros(len(grid.centers), np.float32)

    def distances(self, view: View, depth: Depth) -> Depth:
        """Compute the distance in voxels of each voxel in view before the surface of its pixel; NaN where unknown."""
        found: Depth = (depth.reshape(-1)[view.pixels] - view.away) / np.float32(self._grid.voxel)
        return found

    def add(self, view: View, depth: Depth) -> None:
        """Add a depth image, H x W in metres, NaN where unknown."""
        distances = self.distances(view, depth)
        near = distances > -self.TRUNCATION  # false for NaN
        voxels = view.voxels[near]
        self._sum[voxels] += np.minimum(distances[near] / np.float32(self.TRUNCATION), 1)
        self._count[voxels] += 1

    def surface(self) -> npt.NDArray[np.bool_]:
        """Tell which voxels a surface passes through, N."""
        mean = self._sum / np.maximum(self._count, 1)
        found: npt.NDArray[np.bool_] = (self._count >= self.OFTEN) & (np.abs(mean) * self.TRUNCATION < 1)
        return found
