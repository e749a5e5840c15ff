# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Floor, ceiling and walls of a room, found in depth images with known poses.

A plane is the room's where nothing lies behind it: the front of a cupboard is as large as a wall, but the wall shows
above it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bgflow_ros.media.posed_recording import PosedDepth

__all__ = ["Plane", "RoomPlanes", "find_planes"]

FURTHEST = 5.0
"""Depth beyond which sensors are too inexact for planes, in metres."""
VOXEL = 0.1
"""Edge of the voxels that a surface is counted in, in metres."""
FEWEST = 60
"""Voxels of a plane at least, 0.6 square metres."""
CLOSE, SHARE = 0.05, 0.015
"""Distance from a plane within which a pixel lies on it, in metres, and in shares of its depth where that is more."""
BEHIND = 0.15
"""Distance from which on something lies behind a plane, in metres."""
STRIP = 0.2
"""Width of the upright strips of a wall that are judged by themselves, in metres."""
TALL = 1.0
"""Height that a wall has at least, in metres."""
STEP = 4
"""Pixels between the neighbours that give a normal, and between the points of the cloud."""

Points = npt.NDArray[np.float32]
Vectors = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Plane:
    """Points p of the room with normal . p = distance."""

    normal: Vectors
    """Unit vector into the room."""
    distance: float
    first: int = 0
    """Number of the first of `strips`, counted from the origin along the wall."""
    strips: Mask | None = None
    """Upright strips of a wall behind which nothing lies; None for floor and ceiling."""

    def away(self, points: Points) -> Vectors:
        """Compute how far points, ... x 3, are from the plane, in metres; infinite where the wall has no such strip."""
        found = np.abs(points @ self.normal - self.distance)
        if self.strips is not None:
            strip = np.nan_to_num(_strips(points, self.normal) - self.first, nan=-1.0).astype(np.int64)
            reached = (strip >= 0) & (strip < len(self.strips))
            found[~(reached & self.strips[np.where(reached, strip, 0)])] = np.inf
        return np.asarray(found)


@dataclass(frozen=True)
class RoomPlanes:
    """Floor, ceiling and walls of a room."""

    planes: list[Plane]

    def sides(self, view: PosedDepth) -> tuple[Mask, Mask]:
        """Tell which pixels of a view lie on a plane and which stand away from all of them, both H x W.

        Pixels close to a plane or without depth are neither.
        """
        points, within = view.places(FURTHEST), _tolerance(view)
        away = self._away(points)
        return away < within, np.isfinite(points[..., 0]) & ~(away < 2 * within)

    def on_ceiling(self, view: PosedDepth) -> Mask:
        """Tell which pixels of a view lie on the ceiling or close to it, H x W."""
        ceilings = RoomPlanes([plane for plane in self.planes if plane.normal[2] < 0])
        return np.asarray(ceilings._away(view.places(FURTHEST)) < 3 * _tolerance(view))

    def _away(self, points: Points) -> Vectors:
        """Compute how far points, ... x 3, are from the nearest plane, in metres."""
        found = np.full(points.shape[:-1], np.inf)
        for plane in self.planes:
            np.fmin(found, plane.away(points), out=found)
        return found


def _tolerance(view: PosedDepth) -> npt.NDArray[np.float32]:
    """Distance from a plane within which each pixel of a view lies on it, in metres, H x W."""
    return np.asarray(np.maximum(np.float32(CLOSE), np.float32(SHARE) * view.depth), np.float32)


def find_planes(views: Iterable[PosedDepth]) -> RoomPlanes:
    """Find the planes of the room that views show; there may be none.

    Args:
        views: Depth with poses in a world whose z axis points up (REP 103).
    """
    places, normals = _cloud(views)
    if len(places) < FEWEST:
        return RoomPlanes([])
    levels = (_level(places, normals, up) for up in (1.0, -1.0))
    return RoomPlanes([*(level for level in levels if level is not None), *_walls(places, normals)])


def _cloud(views: Iterable[PosedDepth]) -> tuple[Vectors, Vectors]:
    """Collect the surfaces of all views, as the mean place and the mean normal in each voxel, both N x 3."""
    found = []
    for view in views:
        points = view.places(FURTHEST)
        center = points[STEP:-STEP, STEP:-STEP][::STEP, ::STEP].reshape(-1, 3)
        right = (points[STEP:-STEP, 2 * STEP :] - points[STEP:-STEP, : -2 * STEP])[::STEP, ::STEP].reshape(-1, 3)
        down = (points[2 * STEP :, STEP:-STEP] - points[: -2 * STEP, STEP:-STEP])[::STEP, ::STEP].reshape(-1, 3)
        normal = np.cross(right, down)
        length = np.linalg.norm(normal, axis=1)
        # The order of the axes lets it point away from the camera, which is inside the room.
        normal = -normal / np.where(length > 0, length, np.nan)[:, None]
        known = np.isfinite(center).all(1) & np.isfinite(normal).all(1)
        found.append(np.concatenate([center[known], normal[known]], 1).astype(np.float64))
    surfaces = np.concatenate(found) if found else np.empty((0, 6))
    voxel = _voxels(surfaces[:, :3])
    count = np.bincount(voxel)
    means = np.stack([np.bincount(voxel, column) / count for column in surfaces.T], 1)
    length = np.linalg.norm(means[:, 3:], axis=1)
    # Single points are noise, and voxels whose normals disagree are edges.
    sure = (count > 1) & (length > 0.7)
    return means[sure, :3], means[sure, 3:] / length[sure, None]


def _voxels(places: Vectors) -> npt.NDArray[np.int64]:
    """Number the voxels that some places, N x 3, lie in; numbers that nothing lies in are left out."""
    if len(places) == 0:
        return np.empty(0, np.int64)
    cells = np.floor(places / VOXEL).astype(np.int64)
    cells -= cells.min(0)
    # Sorting whole numbers takes a fraction of the time that rows of three take.
    _, number = np.unique(np.ravel_multi_index(tuple(cells.T), tuple(cells.max(0) + 1)), return_inverse=True)
    return np.asarray(number, np.int64)


def _level(places: Vectors, normals: Vectors, up: float) -> Plane | None:
    """Find the floor (`up` 1) or the ceiling (-1), the lowest or highest level surface."""
    heights = up * places[:, 2]
    level = (up * normals[:, 2] > 0.9) & (heights < np.quantile(heights, 0.02) + BEHIND)
    if level.sum() < FEWEST:
        return None
    return Plane(np.array([0.0, 0.0, up]), float(np.median(heights[level])))


def _walls(places: Vectors, normals: Vectors) -> Iterator[Plane]:
    """Find the walls, the largest first."""
    left = np.abs(normals[:, 2]) < 0.25
    while left.sum() >= FEWEST:
        normal, distance, count = _largest(places[left], normals[left])
        if count < FEWEST:
            return
        away = np.abs(places @ normal - distance)
        facing = left & (normals @ normal > 0.9)
        surface = facing & (away < CLOSE)
        left &= ~(facing & (away < 2 * CLOSE))
        strips = _strips(places, normal).astype(np.int64)
        first = strips.min()
        behind = np.bincount(strips[places @ normal < distance - BEHIND] - first, minlength=np.ptp(strips) + 1)
        valid = behind < 2
        surface &= valid[strips - first]
        if surface.sum() < FEWEST:
            continue
        if np.ptp(np.quantile(places[surface, 2], [0.02, 0.98])) > TALL:
            valid &= np.bincount(strips[surface] - first, minlength=len(valid)) > 1
            yield Plane(normal, distance, int(first), valid)


def _largest(places: Vectors, normals: Vectors) -> tuple[Vectors, float, int]:
    """Find the upright plane that holds most of some surfaces: normal, distance and number of voxels."""
    turn = np.arctan2(normals[:, 1], normals[:, 0])
    width = 2 * np.pi / 72
    counts = np.bincount(((turn + np.pi) / width).astype(np.int64) % 72, minlength=72)
    smooth = counts + np.roll(counts, 1) + np.roll(counts, -1)
    best: tuple[Vectors, float, int] = (np.array([1.0, 0.0, 0.0]), 0.0, 0)
    for commonest in np.argsort(-smooth, kind="stable")[:6]:
        off = (turn - (commonest + 0.5) * width) % (2 * np.pi)  # from pi - 1.5 widths to pi + 1.5 widths
        facing = np.abs(off - np.pi) < 1.5 * width
        if not facing.any():
            continue
        normal = np.append(normals[facing, :2].mean(0), 0.0)
        normal /= np.linalg.norm(normal)
        distances = places[facing] @ normal
        bins = ((distances - distances.min()) / 0.02).astype(np.int64)
        held = np.convolve(np.bincount(bins), np.ones(5), "same")  # in slices of 10 cm
        if held.max() > best[2]:
            middle = distances.min() + (held.argmax() + 0.5) * 0.02
            surface = np.abs(distances - middle) < CLOSE
            best = normal, float(np.median(distances[surface])) if surface.any() else middle, int(held.max())
    return best


def _strips(points: npt.NDArray[Any], normal: Vectors) -> Vectors:
    """Number the strip of a wall before which each point lies, along the wall; floating, NaN for unknown points."""
    return np.asarray(np.floor(points @ np.array([-normal[1], normal[0], 0.0]) / STRIP), np.float64)
