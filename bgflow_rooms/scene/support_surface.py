# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Faces of furniture on which things stand and across which cameras look. Lengths in metres."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field

__all__ = ["Point", "SupportSurface"]

Point = tuple[float, float, float]


@dataclass
class SupportSurface:
    """Face of a piece on which things may stand: its middle, turn and size, and what stands there."""

    middle: Point
    angle: float
    size: tuple[float, float]
    taken: list[tuple[float, float, float]] = field(default_factory=list)

    def place(self, size: Point, rng: random.Random) -> Point | None:
        """Free place for a thing of a size."""
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
        """Place in the room of what lies at u along and v across the top."""
        c, s = math.cos(self.angle), math.sin(self.angle)
        return self.middle[0] + c * u - s * v, self.middle[1] + s * u + c * v
