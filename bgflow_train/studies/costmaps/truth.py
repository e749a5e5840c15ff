# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""What stands in each cell of a costmap in truth: obstacles by kind, walls and free floor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["HANGING", "LOW", "Columns", "Truth", "near"]

LOW, HANGING, WALL = 0.2, 0.5, 0.1
"""Heights in metres: below the first lies a low obstacle, above the second one that hangs; above the third rises a
wall."""
SURE, SOME = 5, 1
"""Number of points that make a cell an obstacle, and that excuse a mark in it."""
THIN = 2
"""Greatest number of neighbours, of eight, of a cell of something thin."""

Cells = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Truth:
    """Flags of the cells of a costmap, X x Y each."""

    obstacles: dict[str, Cells]
    """Cells with an obstacle by kind; `all` are those of all kinds."""
    excused: Cells
    """Cells in or beside which something stands, if only its rim."""
    wall: Cells
    """Cells with background above the floor, and no obstacle."""
    floor: Cells
    """Cells where the floor was seen, and nothing else."""


class Columns:
    """Collects true points above the cells of a costmap.

    Args:
        corner: Least x and y of the costmap in metres.
        resolution: Edge of a cell in metres.
        shape: Number of cells along x and y.
        low: Height of a point that is an obstacle, at least, in metres.
        high: The same, at most.
    """

    def __init__(
        self, corner: npt.NDArray[Any], resolution: float, shape: tuple[int, int], low: float, high: float
    ) -> None:
        self._corner, self._resolution, self._shape, self._heights = corner, resolution, shape, (low, high)
        self._things, self._walls, self._floor = (np.zeros(shape, np.int64) for _ in range(3))
        self._top, self._bottom = np.full(shape, -np.inf), np.full(shape, np.inf)

    def add(self, points: npt.NDArray[Any], foreground: Cells) -> None:
        """Take points, N x 3 in metres, and whether each is foreground."""
        cells = np.floor((points[:, :2] - self._corner) / self._resolution).astype(np.int64)
        inside = ((cells >= 0) & (cells < self._shape)).all(axis=1)
        (x, y), z, foreground = cells[inside].T, points[inside, 2], foreground[inside]
        low, high = self._heights
        thing = foreground & (z >= low) & (z <= high)
        np.add.at(self._things, (x[thing], y[thing]), 1)
        np.maximum.at(self._top, (x[thing], y[thing]), z[thing])
        np.minimum.at(self._bottom, (x[thing], y[thing]), z[thing])
        wall = ~foreground & (z > WALL) & (z <= high)
        np.add.at(self._walls, (x[wall], y[wall]), 1)
        floor = ~foreground & (z < low)
        np.add.at(self._floor, (x[floor], y[floor]), 1)

    def truth(self) -> Truth:
        """Tell what stands where."""
        obstacle = self._things >= SURE
        beside = cv2.filter2D(obstacle.astype(np.uint8), -1, np.ones((3, 3), np.uint8), borderType=cv2.BORDER_CONSTANT)
        low, hanging = obstacle & (self._top < LOW), obstacle & (self._bottom > HANGING)
        kinds = {
            "all": obstacle,
            "below 20 cm": low,
            "thin": obstacle & ~low & ~hanging & (beside - 1 <= THIN),
            "hanging": hanging,
        }
        excused, walls = near(self._things >= SOME), self._walls >= SURE
        return Truth(kinds, excused, walls & ~excused, (self._floor >= SOME) & ~excused & ~near(walls))


def near(cells: Cells) -> Cells:
    """Widen cells by the eight around each of them."""
    return cv2.dilate(cells.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
