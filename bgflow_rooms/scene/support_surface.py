# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Surfaces that objects stand on and close-up cameras look across. Lengths in metres, angles in radians."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # needs Blender, which surfaces do not
    from bgflow_rooms.scene.scene_builder import Piece

__all__ = ["Point", "SupportSurface"]

Point = tuple[float, float, float]


@dataclass
class SupportSurface:
    """Rectangular surface that objects may stand on: its centre, angle and size, and the circles that are taken."""

    middle: Point
    angle: float
    size: tuple[float, float]
    taken: list[tuple[float, float, float]] = field(default_factory=list)
    things: list[Piece] = field(default_factory=list)
    """What stands on it."""

    def place(self, size: Point, rng: random.Random) -> Point | None:
        """Occupy a random free place for an object of a size; return its position, or None where there is none."""
        reach = math.hypot(size[0], size[1]) / 2
        x, y = self.size[0] / 2 - size[0] / 2, self.size[1] / 2 - size[1] / 2
        if x < 0 or y < 0:
            return None
        for _ in range(6):
            u, v = rng.uniform(-x, x), rng.uniform(-y, y)
            if all(math.hypot(u - a, v - b) > 0.8 * (reach + r) for a, b, r in self.taken):
                self.taken.append((u, v, reach))
                return (*self.at(u, v), self.middle[2])
        return None

    def at(self, u: float, v: float) -> tuple[float, float]:
        """Position in the room of the point `u` along and `v` across the surface."""
        c, s = math.cos(self.angle), math.sin(self.angle)
        return self.middle[0] + c * u - s * v, self.middle[1] + s * u + c * v
