# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Measurement of the ghosts in maps: surfaces of the first day where another day sees that nothing is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from bgflow_train.studies.maps.measuring import FURTHEST, VOXEL, Maps
from bgflow_train.studies.maps.tsdf import Grid, Tsdf
from bgflow_train.studies.odometry.drive import Drive

__all__ = ["emptied", "measure"]


def measure(maps: Maps, other_day: Drive, advance: Callable[[], Any]) -> dict[str, dict[str, float]]:
    """Measure the maps of a first day on another, JSON-ready.

    Args:
        maps: Maps of the first day.
        other_day: Drive through the same room on the other day.
        advance: Called after each of its frames.

    Returns:
        For each way in which depth was chosen, square metres of surface in the map, `surface`, and of those that are
        gone, `ghosts`.
    """
    gone = emptied(maps.grid, other_day, advance)
    return {
        name: {"surface": _area(surface), "ghosts": _area(surface & gone)} for name, surface in maps.surfaces.items()
    }


def emptied(grid: Grid, drive: Drive, advance: Callable[[], Any]) -> npt.NDArray[np.bool_]:
    """Tell which voxels a drive sees through, in three views more than it sees something there, N."""
    looks, tsdf = np.zeros(len(grid.centers), np.int64), Tsdf(grid)
    for frame, pose in zip(drive.frames(), drive.poses(), strict=True):
        height, width = frame.depth.shape
        view = grid.view(pose, drive.matrix, (width, height))
        beyond = tsdf.distances(view, np.where(frame.depth < FURTHEST, frame.depth, np.float32(np.nan)))
        # Unknown depth is NaN, which is neither.
        looks[view.voxels] += (beyond > Tsdf.TRUNCATION).astype(np.int64) - (np.abs(beyond) <= 1)
        advance()
    return looks >= Tsdf.OFTEN


def _area(voxels: npt.NDArray[np.bool_]) -> float:
    return round(VOXEL**2 * float(voxels.sum()), 4)
