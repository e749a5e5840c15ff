# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Occupied parts of the floor and of the walls. Lengths are in metres, angles in radians."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bgflow_rooms.scene.plan import Plan, Wall

__all__ = ["Occupancy", "Reservations", "corners"]

Array = NDArray[np.float64]
Footprint = tuple[Array, float]
"""Outline on the floor (n x 2), and the height of what stands there."""
Area = tuple[float, float, float, float]
"""Left, right, bottom and top of a part of a wall."""
Mark = tuple[int, dict[int, int]]
"""Numbers of footprints and of areas of each wall."""
Reservations = tuple[list[Footprint], list[tuple[int, Area]]]
"""Footprints, and areas with the keys of their walls."""


def corners(center: Sequence[float], size: Sequence[float], angle: float) -> Array:
    """Corners (4 x 2) of a rectangle turned by an angle."""
    x, y = size[0] / 2, size[1] / 2
    c, s = math.cos(angle), math.sin(angle)
    shape: Array = np.array([(-x, -y), (x, -y), (x, y), (-x, y)]) @ np.array([[c, s], [-s, c]])
    return np.asarray(shape + np.asarray(center[:2], float))


def overlap(first: Array, second: Array) -> bool:
    """Return whether two convex outlines (n x 2) overlap."""
    for shape in (first, second):
        for a, b in zip(shape, np.roll(shape, -1, 0), strict=True):
            axis = np.array([a[1] - b[1], b[0] - a[0]])
            p, q = first @ axis, second @ axis
            if p.max() <= q.min() or q.max() <= p.min():
                return False
    return True


class Occupancy:
    """Footprints on the floor with the heights of the objects, and occupied rectangles of each wall."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.footprints: list[Footprint] = []
        self.wall_areas: dict[int, list[Area]] = {id(wall): [] for wall in plan.walls}
        for wall in plan.walls:
            for hole in wall.openings:
                margin = 0.1 if hole.kind == "door" else 0.03
                self.wall_areas[id(wall)].append(
                    (hole.left - margin, hole.right + margin, hole.bottom - margin, hole.top + margin)
                )
                if hole.kind != "window":
                    spot = wall.at((hole.left + hole.right) / 2, -0.4)
                    self.footprints.append((corners(spot, (hole.right - hole.left, 0.8), wall.angle), 0.0))

    def contains(self, shape: Array) -> bool:
        """Return whether an outline (n x 2) lies in the room."""
        middle = shape.mean(0)
        inner = middle + (shape - middle) * 0.98
        points = np.concatenate([inner, (inner + np.roll(inner, 1, 0)) / 2])
        return all(self.plan.inside(x, y) for x, y in points)

    def reserve_floor(
        self,
        center: Sequence[float],
        size: Sequence[float],
        angle: float,
        height: float,
        margin: float = 0.03,
        forced: bool = False,
    ) -> bool:
        """Occupy a rectangle of the floor; return False where it is not free and `forced` is not set."""
        shape = corners(center, (size[0] + 2 * margin, size[1] + 2 * margin), angle)
        exact = corners(center, size, angle)
        if not forced and (not self.contains(exact) or any(overlap(shape, other) for other, _ in self.footprints)):
            return False
        self.footprints.append((exact, height))
        return True

    def reserve_wall(self, wall: Wall, center: Sequence[float], size: Sequence[float]) -> bool:
        """Occupy a rectangle of a wall, given in the wall's frame; return False where it is not free."""
        x0, x1, z0, z1 = (
            center[0] - size[0] / 2,
            center[0] + size[0] / 2,
            center[1] - size[1] / 2,
            center[1] + size[1] / 2,
        )
        if x0 < 0.02 or x1 > wall.length - 0.02 or z1 > self.plan.height + 0.01:
            return False
        marks = self.wall_areas[id(wall)]
        if any(x0 < b and x1 > a and z0 < d and z1 > c for a, b, c, d in marks):
            return False
        marks.append((x0, x1, z0, z1))
        return True

    def mark(self) -> Mark:
        """Remember what is occupied, to tell later what has been occupied since."""
        return len(self.footprints), {wall: len(areas) for wall, areas in self.wall_areas.items()}

    def since(self, mark: Mark) -> Reservations:
        """Return what has been occupied since a mark."""
        return self.footprints[mark[0] :], [
            (wall, area) for wall, areas in self.wall_areas.items() for area in areas[mark[1][wall] :]
        ]

    def release(self, reservations: Reservations) -> None:
        """Free what was occupied."""
        footprints, areas = reservations
        self.footprints = [one for one in self.footprints if not any(one is other for other in footprints)]
        for wall, area in areas:
            self.wall_areas[wall].remove(area)

    def is_free(self, x: float, y: float, height: float, margin: float) -> bool:
        """Return whether nothing higher than `height` stands within `margin` of a point in the room."""
        shape = corners((x, y), (2 * margin, 2 * margin), 0.0)
        return self.contains(shape) and not any(
            top > height and overlap(shape, other) for other, top in self.footprints
        )
