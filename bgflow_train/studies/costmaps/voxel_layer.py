# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Model of Nav2's voxel layer with its observation buffers, written from Nav2's sources alone."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["LAYER", "SOURCE", "VoxelLayer"]

Array = npt.NDArray[Any]

SOURCE = {
    "observation_persistence": 0.0,
    "expected_update_rate": 0.0,
    "data_type": "LaserScan",
    "min_obstacle_height": 0.0,
    "max_obstacle_height": 0.0,
    "marking": True,
    "clearing": False,
    "obstacle_max_range": 2.5,
    "obstacle_min_range": 0.0,
    "raytrace_max_range": 3.0,
    "raytrace_min_range": 0.0,
}
"""Defaults of an observation source (nav2_costmap_2d, plugins/obstacle_layer.cpp)."""
LAYER = {"min_obstacle_height": 0.0, "max_obstacle_height": 2.0, "z_voxels": 10, "origin_z": 0.0, "z_resolution": 0.2}
"""Defaults of the layer (plugins/voxel_layer.cpp). mark_threshold is 0 here: one voxel marks its column."""


@dataclass
class Source:
    """Observation buffer that keeps the newest cloud (src/observation_buffer.cpp)."""

    settings: dict[str, Any]
    points: Array = field(default_factory=lambda: np.empty((0, 3), np.float32))
    origin: Array = field(default_factory=lambda: np.zeros(3))
    updated: float = -math.inf

    def buffer(self, points: Array, rotation: Array, origin: Array, now: float) -> None:
        """Take N x 3 points of a sensor; points outside the range of heights and NaN are dropped."""
        points = points @ rotation.T + origin
        low, high = self.settings["min_obstacle_height"], self.settings["max_obstacle_height"]
        self.points = points[(points[:, 2] >= low) & (points[:, 2] <= high)]
        self.origin, self.updated = origin, now

    def current(self, now: float) -> bool:
        """Return whether the buffer is up to date; expected_update_rate is in seconds, 0 switches the check off."""
        longest = self.settings["expected_update_rate"]
        return bool(longest == 0.0 or now - self.updated <= longest)


class VoxelLayer:
    """Voxel layer of a costmap with the robot at its centre.

    Args:
        costmap: parameters of the costmap, including those of the layer.
        name: of the layer.
    """

    def __init__(self, costmap: dict[str, Any], name: str) -> None:
        self.settings = LAYER | costmap[name]
        self.resolution = float(costmap["resolution"])
        shape = [int(costmap[side] / self.resolution) for side in ("width", "height")]
        self.voxels = np.zeros((*shape, self.settings["z_voxels"]), bool)
        self.corner = np.array([-costmap["width"] / 2, -costmap["height"] / 2, self.settings["origin_z"]])
        self.step = np.array([self.resolution, self.resolution, self.settings["z_resolution"]])
        names = self.settings["observation_sources"].split()
        self.sources = {source: Source(SOURCE | self.settings[source]) for source in names}

    @property
    def lethal(self) -> npt.NDArray[np.bool_]:
        """Cells of the costmap, X x Y."""
        return np.asarray(self.voxels.any(axis=2))

    def cells(self, x: tuple[float, float], y: tuple[float, float]) -> tuple[slice, slice]:
        """Lethal flags of the cells that a rectangle on the floor, in metres, covers."""
        low, high = (np.floor((np.array(end) - self.corner[:2]) / self.resolution) for end in zip(x, y, strict=True))
        return slice(int(low[0]), int(high[0]) + 1), slice(int(low[1]), int(high[1]) + 1)

    def update(self) -> None:
        """Clear, then mark, with the newest cloud of every source (updateBounds)."""
        for source in self.sources.values():
            if source.settings["clearing"]:
                self._clear(source)
        for source in self.sources.values():
            if source.settings["marking"]:
                self._mark(source)

    def _inside(self, cells: Array) -> Array:
        return np.asarray(((cells >= 0) & (cells < self.voxels.shape)).all(axis=1))

    def _mark(self, source: Source) -> None:
        points, height = source.points, source.points[:, 2]
        distance = np.linalg.norm(points - source.origin, axis=1)
        near, far = source.settings["obstacle_min_range"], source.settings["obstacle_max_range"]
        taken = (height >= self.settings["min_obstacle_height"]) & (height <= self.settings["max_obstacle_height"])
        cells = (points[taken & (distance >= near) & (distance < far)] - self.corner) / self.step
        self.voxels[tuple(cells[self._inside(cells)].astype(int).T)] = True

    def _clear(self, source: Source) -> None:
        """Free every voxel on the way to within two cells of each point (raytraceFreespace, voxel_grid.hpp)."""
        start = (source.origin - self.corner) / self.step
        if not self._inside(start[None]).all():
            return  # "Sensor origin ... is out of map bounds"
        ways = source.points - source.origin
        distance = np.linalg.norm(ways, axis=1, keepdims=True)
        ways = ways * np.clip((distance - 2 * self.resolution) / distance, 0.0, 1.0)
        # Cut off at the sides of the grid.
        low, high = self.corner - source.origin, self.corner + self.voxels.shape * self.step - source.origin
        with np.errstate(divide="ignore", invalid="ignore"):
            cuts = np.where(ways > 0, high / ways, np.where(ways < 0, low / ways, np.inf)).min(axis=1, keepdims=True)
        ends = start + ways * np.minimum(1.0, cuts - 1e-5) / self.step
        longest = math.ceil(source.settings["raytrace_max_range"] / self.resolution)
        length = np.linalg.norm(ends - start, axis=1, keepdims=True)
        steps = np.abs(ends.astype(int) - start.astype(int)).max(axis=1, keepdims=True)
        # Bresenham's line has one voxel a step of its longest side.
        for number in range(int(steps.max(initial=0)) + 1):
            on = (number <= steps * np.minimum(1.0, longest / np.maximum(length, 1e-9)))[:, 0]
            cells = start + (ends - start)[on] * (number / np.maximum(steps[on], 1))
            self.voxels[tuple(cells[self._inside(cells)].astype(int).T)] = False
