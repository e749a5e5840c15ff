# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""What another day has that the map of a first day had not, and the other way round."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bgflow_ros.media.posed_recording import PosedDepth
from bgflow_ros.tools.view.voxel_map import FURTHEST, SIGHTINGS, Points, VoxelMap, testify, thinned, voxel_keys

__all__ = ["DayDifference"]


class DayDifference:
    """Map of a first day, and what is new and what is gone on the day that is added.

    New is what the day's map holds and views of the first day pass through; gone is what the first map holds and views
    of the day pass through. So nothing is new where the first day has not looked.
    """

    def __init__(self) -> None:
        self.map = VoxelMap()
        """Map of the first day."""
        self._today = self.map
        self._looks: list[PosedDepth] = []
        self._before: Points | None = None
        self._asked = self._empty = np.zeros(0, np.int64)
        """Keys of the day's voxels that the first day's views were asked about, and of those that were empty then."""
        self._passed = np.zeros(0, np.int64)
        """How many more of the day's views pass through each voxel of the map than end at it."""

    def next_day(self) -> None:
        """End a day; what is added from now on is of another."""
        self._today = VoxelMap()
        self._asked = self._empty = np.zeros(0, np.int64)
        self._before = self.map.voxels()[0]
        self._passed = np.zeros(len(self._before), np.int64)

    def add(self, view: PosedDepth, kept: npt.NDArray[np.bool_], rgb: npt.NDArray[np.uint8]) -> None:
        """Add a view; of its depth only that which is kept, H x W, is mapped, but all of it is seen through.

        Args:
            view: The view.
            kept: H x W.
            rgb: H x W x 3.
        """
        places = view.places(FURTHEST)
        shown = kept & np.isfinite(places[..., 0])
        points = places[shown]
        self._today.add(points, rgb[shown])
        if self._before is None:
            self._looks.append(thinned(view))
        else:
            self._passed += testify(view, self._before)

    def new(self) -> Points:
        """Return the centres, N x 3, of voxels of the day that were empty on the first; none on the first."""
        centers = self._today.voxels()[0]
        if self._before is None:
            return centers[:0]
        # What the first day's views say of a voxel stays, so that each voxel is asked about once.
        keys = voxel_keys(centers)
        fresh = ~np.isin(keys, self._asked)
        passed = sum((testify(look, centers[fresh]) for look in self._looks), np.zeros(int(fresh.sum()), np.int64))
        self._asked = np.concatenate([self._asked, keys[fresh]])
        self._empty = np.concatenate([self._empty, keys[fresh][passed >= SIGHTINGS]])
        return centers[np.isin(keys, self._empty)]

    def gone(self) -> Points:
        """Return the centres, N x 3, of voxels of the first day's map that are empty on the day; none on the first."""
        return np.empty((0, 3), np.float32) if self._before is None else self._before[self._passed >= SIGHTINGS]
