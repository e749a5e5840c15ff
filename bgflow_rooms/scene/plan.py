# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Random floor plans: outline, walls, windows, doors, ceiling and style. Lengths in metres, angles in radians."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field

from bgflow_rooms.scene.room_use import sample_use
from bgflow_rooms.weighted_choice import weighted_choice

__all__ = ["Opening", "Plan", "Wall", "sample_annex", "sample_plan"]

WALL_THICKNESS = 0.22
Point = tuple[float, float]


@dataclass
class Opening:
    """Opening of a wall of kind "window", "door" or "arch"; its edges are given in the wall's frame."""

    kind: str
    left: float
    right: float
    bottom: float
    top: float
    ajar: float = 0.0  # angle by which a door stands open
    annex: float = 0.0  # depth of the room behind it


@dataclass
class Wall:
    """Wall; its frame starts at `start`, x runs along the wall, -y points into the room, z is up."""

    start: Point
    angle: float
    length: float
    ends: tuple[bool, bool]  # whether the inner angle at each end is less than 180 degrees
    outer: bool  # whether the wall lies on the bounding box of the outline
    openings: list[Opening] = field(default_factory=list)

    def at(self, x: float, y: float = 0.0) -> Point:
        """Point of the plan at `x` along the wall and `y` behind its face."""
        c, s = math.cos(self.angle), math.sin(self.angle)
        return self.start[0] + c * x - s * y, self.start[1] + s * x + c * y


@dataclass
class Plan:
    """Floor plan of a room; its outline runs clockwise seen from above."""

    kind: str
    outline: list[Point]
    height: float
    walls: list[Wall]
    ceiling: str  # "flat", "slope" or "none"
    style: str  # "photo" or "plain"
    slope: tuple[float, float] = (0.0, 0.0)  # height at the first wall and angle of a sloped ceiling
    use: str = "any"  # a key of USES

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Bounding box: least x, least y, greatest x, greatest y."""
        xs, ys = zip(*self.outline, strict=True)
        return min(xs), min(ys), max(xs), max(ys)

    def inside(self, x: float, y: float) -> bool:
        """Return whether a point lies in the room."""
        hit = False
        for (ax, ay), (bx, by) in zip(self.outline, self.outline[1:] + self.outline[:1], strict=True):
            if (ay > y) != (by > y) and x < ax + (y - ay) / (by - ay) * (bx - ax):
                hit = not hit
        return hit

    def random_point(self, rng: random.Random) -> Point:
        """Uniformly distributed random point in the room."""
        x0, y0, x1, y1 = self.bounds
        while True:
            x, y = rng.uniform(x0, x1), rng.uniform(y0, y1)
            if self.inside(x, y):
                return x, y

    def ceiling_at(self, x: float, y: float) -> float:
        """Height of the ceiling above a point."""
        if self.ceiling != "slope":
            return self.height
        first = self.walls[0]
        away = math.sin(first.angle) * (x - first.start[0]) - math.cos(first.angle) * (y - first.start[1])
        return min(self.height, self.slope[0] + away * math.tan(self.slope[1]))


def sample_outline(kind: str, rng: random.Random) -> list[Point]:
    """Sample the outline of a kind of room, clockwise."""
    w, d = rng.uniform(2.4, 6.5), rng.uniform(2.4, 6.5)
    if kind == "corridor":
        w, d = rng.uniform(1.5, 2.6), rng.uniform(5, 12)
    elif kind == "hall":
        w, d = rng.uniform(6, 12), rng.uniform(6, 12)
    elif kind == "small":
        w, d = rng.uniform(1.6, 2.8), rng.uniform(1.8, 3.2)
    if kind == "L":
        w, d = max(w, 3.8), max(d, 3.8)
        a, b = rng.uniform(1.2, w - 1.8), rng.uniform(1.2, d - 1.8)
        return [(0, 0), (0, d), (w - a, d), (w - a, d - b), (w, d - b), (w, 0)]
    if kind == "chamfer":
        a = rng.uniform(0.5, 0.45 * min(w, d))
        return [(0, 0), (0, d), (w - a, d), (w, d - a), (w, 0)]
    if kind in ("alcove", "breast"):
        a = rng.uniform(0.3, w - 1.8)
        b = a + rng.uniform(0.5, 1.4)
        e = d + rng.uniform(0.3, 1.3) if kind == "alcove" else d - rng.uniform(0.15, 0.55)
        return [(0, 0), (0, d), (a, d), (a, e), (b, e), (b, d), (w, d), (w, 0)]
    return [(0, 0), (0, d), (w, d), (w, 0)]


def walls_along(outline: list[Point]) -> list[Wall]:
    """Walls along an outline."""
    count = len(outline)
    xs, ys = zip(*outline, strict=True)
    ways = [(outline[(i + 1) % count][0] - x, outline[(i + 1) % count][1] - y) for i, (x, y) in enumerate(outline)]
    bends = [ways[i - 1][0] * ways[i][1] - ways[i - 1][1] * ways[i][0] < 0 for i in range(count)]
    walls = []
    for i, (x, y) in enumerate(outline):
        dx, dy = ways[i]
        outer = (dx == 0 and x in (min(xs), max(xs))) or (dy == 0 and y in (min(ys), max(ys)))
        walls.append(Wall((x, y), math.atan2(dy, dx), math.hypot(dx, dy), (bends[i], bends[(i + 1) % count]), outer))
    return walls


def find_gap(wall: Wall, width: float, rng: random.Random) -> float | None:
    """Sample the left edge of a new opening of a width; None where there is no room."""
    for _ in range(12):
        if wall.length < width + 0.3:
            return None
        left = rng.uniform(0.15, wall.length - width - 0.15)
        if all(left > o.right + 0.15 or left + width < o.left - 0.15 for o in wall.openings):
            return left
    return None


def sample_annex(room: Plan, wall: Wall, hole: Opening, rng: random.Random) -> Plan:
    """Sample the plan of the room behind an opening, as wide as the other openings of the wall allow."""
    others = [o for o in wall.openings if o is not hole]
    left = max([0.0, *(o.right for o in others if o.right < hole.left)])
    right = min([wall.length, *(o.left for o in others if o.left > hole.right)])
    left, right = max(left + 0.02, hole.left - rng.uniform(0.05, 3.0)), min(right, hole.right + rng.uniform(0.05, 3.0))
    high = max(hole.top + 0.1, min(room.height, rng.uniform(2.3, 3.0)))
    outline = [
        wall.at(x, WALL_THICKNESS + y) for x, y in ((left, 0), (left, hole.annex), (right, hole.annex), (right, 0))
    ]
    ceiling = "none" if room.ceiling == "none" else "flat"
    plan = Plan("annex", outline, high, walls_along(outline), ceiling, room.style)
    plan.walls[3].openings.append(Opening("arch", right - hole.right, right - hole.left, 0.0, hole.top))
    far = plan.walls[1].length
    if far > 1.0 and rng.random() < 0.4:
        wide, top = rng.uniform(0.5, min(2.0, far - 0.3)), rng.uniform(1.9, high - 0.08)
        edge = rng.uniform(0.15, far - wide - 0.15)
        plan.walls[1].openings.append(Opening("window", edge, edge + wide, rng.choice((0.05, 0.6, 0.9)), top))
    return plan


def sample_openings(plan: Plan, rng: random.Random) -> None:
    """Add random doors, arches and windows to the walls of a plan."""
    outer = [wall for wall in plan.walls if wall.outer and wall.length > 1.2]
    low = plan.walls[0] if plan.ceiling == "slope" else None
    for _ in range(rng.choice((0, 1, 1, 2, 2, 3))):
        wall = rng.choice(outer)
        kind = rng.choice(("door", "door", "ajar", "arch"))
        width, top = rng.uniform(0.72, 1.0), rng.uniform(1.95, 2.12)
        if kind == "arch":
            width, top = rng.uniform(0.8, 2.4), rng.uniform(2.0, plan.height - 0.08)
        left = find_gap(wall, width, rng)
        if left is None or wall is low or top > plan.height - 0.06:
            continue
        ajar = rng.uniform(0.15, 1.9) if kind == "ajar" else 0.0
        annex = 0.0 if kind == "door" else rng.uniform(1.2, 6.0)
        wall.openings.append(Opening("arch" if kind == "arch" else "door", left, left + width, 0.0, top, ajar, annex))
    if plan.kind != "hall" and rng.random() < 0.15:
        return
    for wall in rng.sample(outer, min(len(outer), rng.choice((1, 1, 1, 2, 2, 3)))):
        if any(o.annex for o in wall.openings) and wall.length < 4:
            continue
        form = rng.choice(("usual", "usual", "usual", "usual", "tall", "band", "band", "high", "balcony"))
        width, bottom = rng.uniform(0.6, 1.9), rng.uniform(0.65, 1.1)
        top = rng.uniform(1.9, min(2.45, plan.height - 0.1))
        if form == "tall":
            bottom = rng.uniform(0.02, 0.3)
        elif form == "balcony":
            width, bottom, top = rng.uniform(0.8, 3.5), 0.03, rng.uniform(2.0, min(2.5, plan.height - 0.1))
        elif form == "band":
            width, bottom = wall.length * rng.uniform(0.5, 0.9), rng.choice((0.05, 0.5, 0.9))
        elif form == "high":
            bottom = rng.uniform(1.3, 1.6)
        for _ in range(1 if form in ("band", "balcony") else rng.choice((1, 1, 2, 3))):
            left = find_gap(wall, width, rng)
            if left is not None and wall is not low:
                wall.openings.append(Opening("window", left, left + width, bottom, top))


def sample_plan(rng: random.Random) -> Plan:
    """Sample the plan of a room."""
    kinds = {"plain": 36, "L": 16, "corridor": 11, "hall": 8, "small": 9, "alcove": 8, "breast": 7, "chamfer": 5}
    kind = weighted_choice(kinds, rng)
    outline = sample_outline(kind, rng)
    height = rng.uniform(2.7, 4.0) if kind == "hall" else min(4.0, max(2.2, rng.gauss(2.6, 0.25)))
    bare = rng.random() < 0.12
    ceiling = "none" if bare else "slope" if kind in ("plain", "alcove") and rng.random() < 0.22 else "flat"
    style = "plain" if (bare and rng.random() < 0.85) or rng.random() < 0.06 else "photo"
    plan = Plan(kind, outline, height, walls_along(outline), ceiling, style)
    if ceiling == "slope":
        plan.slope = (rng.uniform(0.7, 1.7), rng.uniform(0.5, 1.1))
    sample_openings(plan, rng)
    plan.use = sample_use(rng)
    return plan
