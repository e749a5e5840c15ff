# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Placement of furniture: against walls, on the floor, on support surfaces, on walls, from the ceiling."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

from bgflow_rooms.furniture.family import Family
from bgflow_rooms.nyu40 import NOVEL_FROM
from bgflow_rooms.scene.occupancy import Occupancy, Reservations
from bgflow_rooms.scene.plan import Plan
from bgflow_rooms.scene.room_use import USES
from bgflow_rooms.scene.scene_builder import Piece, SceneBuilder
from bgflow_rooms.scene.support_surface import Point, SupportSurface

__all__ = ["Furnisher", "Placement"]

CLOSE_UP_HEIGHTS = {
    "kitchen row": 0.9,
    "washbasin": 0.85,
    "bathtub": 0.55,
    "single bed": 0.55,
    "double bed": 0.55,
    "stove": 0.9,
}
"""Approximate heights, in metres, of surfaces that carry nothing but may be seen by a close-up camera."""


USUAL = 12.0
"""How much more frequent the families of a room's use are in it."""


@dataclass(frozen=True)
class Placement:
    """Piece of furniture where it was placed."""

    piece: Piece
    where: str
    """Kind of its place."""
    reserved: Reservations
    carries: list[SupportSurface]
    """Surfaces of the piece that things may stand on."""


class Furnisher:
    """Places random furniture in one room; `families` lists families with their pass indices."""

    def __init__(
        self,
        scene: SceneBuilder,
        plan: Plan,
        occupancy: Occupancy,
        families: list[tuple[Family, int]],
        rng: random.Random,
    ):
        self.scene, self.plan, self.occupancy, self.rng = scene, plan, occupancy, rng
        self.kinds: dict[str, list[tuple[Family, int]]] = {}
        for family, index in families:
            self.kinds.setdefault(family.place, []).append((family, index))
        usual = USES[plan.use].families
        self.weights = {
            place: [math.exp(rng.gauss(0, 1.3)) * (USUAL if family.name in usual else 1.0) for family, _ in kinds]
            for place, kinds in self.kinds.items()
        }
        self.surfaces: list[SupportSurface] = []
        self.close_up_only: list[SupportSurface] = []
        self.placed: list[Placement] = []

    @property
    def close_up_surfaces(self) -> list[SupportSurface]:
        """Surfaces at a height at which a close-up camera looks down on them."""
        return [
            surface for surface in self.surfaces if 0.35 < surface.middle[2] < 1.2 and min(surface.size) > 0.3
        ] + self.close_up_only

    def pick(self, place: str) -> Piece | None:
        """Build a random piece for a kind of place; None where no family has that place."""
        if not self.kinds.get(place):
            return None
        family, index = self.rng.choices(self.kinds[place], self.weights[place])[0]
        return self.scene.build_piece(family, index, self.rng)

    def add_surface(self, piece: Piece, x: float, y: float, z: float, angle: float) -> None:
        """Remember the support surface of a piece whose centre is at x, y."""
        if piece.family.supports and z + piece.size[2] < 1.9:
            self.surfaces.append(
                SupportSurface((x, y, z + piece.size[2]), angle, (0.9 * piece.size[0], 0.9 * piece.size[1]))
            )
        elif piece.family.name in CLOSE_UP_HEIGHTS:
            self.close_up_only.append(
                SupportSurface((x, y, z + CLOSE_UP_HEIGHTS[piece.family.name]), angle, piece.size[:2])
            )

    def against_wall(self, piece: Piece) -> bool:
        """Try to stand a piece against a wall."""
        rng, (wide, deep, high) = self.rng, piece.size
        for _ in range(8):
            wall = rng.choices(self.plan.walls, [wall.length for wall in self.plan.walls])[0]
            if wall.length < wide + 0.06:
                continue
            x = rng.choice((rng.uniform(wide / 2, wall.length - wide / 2), wide / 2 + 0.03))
            gap = rng.choice((0.02, 0.02, rng.uniform(0.02, 0.15)))
            middle = wall.at(x, -gap - deep / 2)
            if high > self.plan.ceiling_at(*middle) - 0.02:
                continue
            marks = self.occupancy.wall_areas[id(wall)]
            if any(x - wide / 2 < b and x + wide / 2 > a and c < high - 0.05 for a, b, c, _ in marks):
                continue
            if self.occupancy.reserve_floor(middle, (wide, deep), wall.angle, high):
                marks.append((x - wide / 2, x + wide / 2, 0.0, high))
                piece.move(*wall.at(x, -gap), 0.0, wall.angle)
                self.add_surface(piece, *middle, 0.0, wall.angle)
                return True
        return False

    def on_floor(self, piece: Piece) -> bool:
        """Try to stand a piece anywhere on the floor."""
        rng, (wide, deep, high) = self.rng, piece.size
        for _ in range(8):
            x, y = self.plan.random_point(rng)
            square = self.plan.walls[0].angle + math.pi / 2 * rng.randrange(4)
            angle = rng.choice((square, square, rng.uniform(0, 2 * math.pi)))
            if high < self.plan.ceiling_at(x, y) - 0.02 and self.occupancy.reserve_floor(
                (x, y), (wide, deep), angle, high
            ):
                piece.move(x, y, 0.0, angle)
                self.add_surface(piece, x, y, 0.0, angle)
                return True
        return False

    def on_surface(self, piece: Piece) -> bool:
        """Try to put a piece on a support surface."""
        for surface in self.rng.sample(self.surfaces, min(len(self.surfaces), 4)):
            spot = surface.place(piece.size, self.rng)
            if spot is not None and spot[2] + piece.size[2] < self.plan.ceiling_at(spot[0], spot[1]):
                piece.move(
                    *spot, surface.angle + self.rng.choice((0.0, self.rng.gauss(0, 0.3), self.rng.uniform(0, 6)))
                )
                surface.things.append(piece)
                return True
        return False

    def on_wall(self, piece: Piece) -> bool:
        """Try to hang a piece on a wall."""
        rng, (wide, _, high) = self.rng, piece.size
        for _ in range(8):
            wall = rng.choices(self.plan.walls, [wall.length for wall in self.plan.walls])[0]
            if wall.length < wide + 0.2 or (self.plan.ceiling == "slope" and wall is self.plan.walls[0]):
                continue
            x, z = rng.uniform(wide / 2, wall.length - wide / 2), max(high / 2 + 0.1, rng.gauss(1.55, 0.2))
            if z + high / 2 < self.plan.height and self.occupancy.reserve_wall(wall, (x, z), (wide, high)):
                piece.move(*wall.at(x, -0.002), z, wall.angle)
                return True
        return False

    def from_ceiling(self, piece: Piece) -> bool:
        """Try to hang a piece from the ceiling."""
        for _ in range(6):
            x, y = self.plan.random_point(self.rng)
            is_clear = self.plan.ceiling_at(x, y) >= self.plan.height and self.occupancy.is_free(x, y, 1.5, 0.3)
            if is_clear and self.plan.height - piece.size[2] > 1.5:
                piece.move(x, y, self.plan.height, self.rng.uniform(0, 6))
                return True
        return False

    def place(self, piece: Piece, where: str) -> bool:
        """Place a piece, or remove it where there is no room for it; return whether it was placed."""
        ways = {
            "wall": self.against_wall,
            "floor": self.on_floor,
            "surface": self.on_surface,
            "hung": self.on_wall,
            "ceiling": self.from_ceiling,
        }
        mark, surfaces = self.occupancy.mark(), len(self.surfaces)
        done = ways[where](piece)
        if not done:
            piece.remove()
        elif where != "surface":
            self.placed.append(Placement(piece, where, self.occupancy.since(mark), self.surfaces[surfaces:]))
        return done

    def fill(self, clutter: float) -> None:
        """Furnish the room; `clutter` ranges from 0 (empty) to 2.4 (crowded)."""
        rng = self.rng
        around = sum(wall.length for wall in self.plan.walls)
        x0, y0, x1, y1 = self.plan.bounds
        counts = {
            "wall": clutter * min(around, 26) / 0.8,
            "floor": clutter * min((x1 - x0) * (y1 - y0), 45) / 2.5,
            "hung": clutter * rng.uniform(0, 0.6) * min(around, 26) / 1.5,
            "ceiling": 0.0 if self.plan.ceiling == "none" else rng.choice((0, 0, 1, 2)) * (0.3 + clutter),
        }
        for where, mean in counts.items():
            for _ in range(round(mean * rng.uniform(0.7, 1.3) + rng.uniform(-0.5, 0.5))):
                piece = self.pick(where)
                if piece is not None:
                    self.place(piece, where)
        busy = clutter * rng.uniform(0.3, 3.0)
        for _ in range(min(40, round(sum(surface.size[0] * surface.size[1] for surface in self.surfaces) * 5 * busy))):
            piece = self.pick("surface")
            if piece is not None:
                self.place(piece, "surface")
        for _ in range(round(clutter * rng.choice((0, 0, 0, 3, 6)))):  # objects that lie about
            piece = self.pick("surface")
            if piece is not None:
                self.place(piece, "floor")

    def add_novel(self, novel: tuple[Family, ...]) -> list[Point]:
        """Place one to four pieces of held-out families; return their positions (x, y, z)."""
        spots: list[Point] = []
        for _ in range(self.rng.randint(1, 4) * 3):
            if len(spots) >= 4 or (spots and self.rng.random() < 0.35):
                break
            index = self.rng.randrange(len(novel))
            piece = self.scene.build_piece(novel[index], NOVEL_FROM + index, self.rng)
            where = piece.family.place
            if where in ("surface", "floor") and piece.size[2] < 1.3 and self.rng.random() < 0.3:
                x, y = self.plan.random_point(self.rng)
                z = self.rng.uniform(0.5, 1.5)
                if self.occupancy.is_free(x, y, z - 0.1, 0.3 + max(piece.size[:2]) / 2):
                    piece.move(x, y, z, self.rng.uniform(0, 6))
                    piece.frame.rotation_euler = [self.rng.uniform(0, 6) for _ in range(3)]
                    spots.append((x, y, z))
                    continue
            if where == "surface" and (not self.surfaces or self.rng.random() < 0.35):
                where = "floor"
            if self.place(piece, where):
                x, y, z = piece.frame.location
                spots.append(
                    (x, y, z + (0.0 if where == "hung" else piece.size[2] / 2 * (-1 if where == "ceiling" else 1)))
                )
        return spots
