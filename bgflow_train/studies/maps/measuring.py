# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Measurement of the maps of one drive: which surfaces of the room and which of its furniture each of them holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bgflow_ros.segmentation.segmenter import Segmenter
from bgflow_train.studies.maps.keeping import ALL, kept
from bgflow_train.studies.maps.tsdf import Grid, Tsdf
from bgflow_train.studies.odometry.drive import Drive, DriveError, Frame

__all__ = ["FURTHEST", "VOXEL", "Maps", "map_drive", "measure", "occupied"]

VOXEL = 0.05
"""Edge of a voxel, and of a cell of the occupancy grid, in metres: Nav2's default resolution."""
FURTHEST = 5.0
"""Depth beyond which nothing is mapped, in metres."""
LOW, TALL = 0.1, 2.0
"""Heights above the floor between which a surface occupies its cell of the occupancy grid, in metres."""


@dataclass(frozen=True)
class Maps:
    """Maps of one drive."""

    grid: Grid
    surfaces: dict[str, npt.NDArray[np.bool_]]
    """Voxels with a surface, N, by the way in which depth was chosen."""
    foreground: npt.NDArray[np.bool_]
    """Voxels, N, that more pixels of true foreground than of true background show."""


def map_drive(drive: Drive, segmenter: Segmenter, advance: Callable[[], Any]) -> Maps:
    """Map a drive in each way; `advance` is called after each frame.

    Raises:
        DriveError: The drive has no true masks or no poses of its frames.
    """
    if drive.masks is None:
        raise DriveError(
            f"{drive.path}: no mask.txt; expected a drive that this version of `bgflow drives` has rendered"
        )
    views = list(zip(drive.frames(), drive.poses(), strict=True))
    grid = Grid(*_bounds(drive, views), VOXEL)
    maps: dict[str, Tsdf] = {}
    votes = np.zeros(len(grid.centers), np.float32)
    for frame, pose in views:
        assert frame.mask is not None
        height, width = frame.depth.shape
        view = grid.view(pose, drive.matrix, (width, height))
        depth = _within_reach(frame)
        for name, mask in kept(segmenter(frame.rgb), frame.mask).items():
            maps.setdefault(name, Tsdf(grid)).add(view, np.where(mask, depth, np.float32(np.nan)))
        near = np.abs(maps[ALL].distances(view, depth)) < 1
        sides = frame.mask.reshape(-1)[view.pixels[near]]
        votes[view.voxels[near]] += np.where(sides == 1, 1, np.where(sides == 0, -1, 0))
        advance()
    return Maps(grid, {name: map.surface() for name, map in maps.items()}, votes > 0)


def measure(maps: Maps) -> dict[str, Any]:
    """Measure the maps against that of all depth, JSON-ready.

    Returns:
        For each way the shares of the surface of foreground and of background that are in the map, and the same of the
        cells of an occupancy grid that foreground or background occupies; None where there is none.
    """
    everything, foreground = maps.surfaces[ALL], maps.foreground
    found = {}
    for name, surface in maps.surfaces.items():
        cells, of_things, of_room = (
            occupied(maps.grid, part) for part in (surface, everything & foreground, everything & ~foreground)
        )
        found[name] = {
            "foreground": _share(surface, everything & foreground),
            "background": _share(surface, everything & ~foreground),
            # A thing in front of a wall stands in cells of its own; a picture on the wall does not.
            "foreground_cells": _share(cells, of_things & ~of_room),
            "background_cells": _share(cells, of_room),
        }
    return found


def _share(of: npt.NDArray[np.bool_], among: npt.NDArray[np.bool_]) -> float | None:
    return float((of & among).sum() / among.sum()) if among.any() else None


def occupied(grid: Grid, surface: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Project surfaces between LOW and TALL onto the floor, X x Y."""
    height = grid.centers[:, 2]
    return np.asarray((surface & (height > LOW) & (height < TALL)).reshape(grid.shape).any(axis=2))


def _within_reach(frame: Frame) -> npt.NDArray[np.float32]:
    return np.where(frame.depth < FURTHEST, frame.depth, np.float32(np.nan))


def _bounds(
    drive: Drive, views: list[tuple[Frame, npt.NDArray[np.float64]]]
) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Compute the box that holds all that the frames show, with a margin of a truncation."""
    low, high = np.full(3, np.inf), np.full(3, -np.inf)
    for frame, pose in views:
        depth = _within_reach(frame)[::4, ::4]
        v, u = np.nonzero(np.isfinite(depth))
        rays = np.linalg.inv(drive.matrix) @ np.stack([4.0 * u, 4.0 * v, np.ones(len(u))])
        places = (pose[:3, :3] @ (rays * depth[v, u]) + pose[:3, 3:]).T
        if len(places):
            low, high = np.minimum(low, places.min(0)), np.maximum(high, places.max(0))
    if not np.isfinite(low).all():
        raise DriveError(f"{drive.path}: no depth within {FURTHEST:g} m")
    margin = Tsdf.TRUNCATION * VOXEL
    return low - margin, high + margin
