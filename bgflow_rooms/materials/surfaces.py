# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Random materials of walls, floors and ceilings."""

from __future__ import annotations

import math
import random
from typing import Any

from bgflow_rooms.materials import panelling, patterns, photographs, wallpapers
from bgflow_rooms.materials.nodes import Graph, Look
from bgflow_rooms.materials.palette import WOODS, color, tone
from bgflow_rooms.weighted_choice import weighted_choice

__all__ = ["ceiling", "flat", "floor", "wall", "wall_color"]


def wall_color(rng: random.Random) -> str:
    """Colour of a painted wall: whitish, pastel, saturated or dark."""
    kind = rng.random()
    if kind < 0.42:
        return tone(rng.uniform(0.05, 0.65), rng.uniform(0, 0.1), rng.uniform(0.78, 0.98))
    if kind < 0.65:
        return tone(rng.random(), rng.uniform(0.1, 0.35), rng.uniform(0.6, 0.95))
    if kind < 0.88:
        return tone(rng.random(), rng.uniform(0.35, 0.8), rng.uniform(0.35, 0.9))
    return tone(rng.random(), rng.uniform(0, 0.5), rng.uniform(0.08, 0.4))


def flat(color: str) -> Any:
    """Material of a single colour, as in robot simulators."""
    return Graph("flat").principled(color, 0.9, Specular_IOR_Level=0.1)


def upright(g: Graph) -> Any:
    """Texture coordinates (along the wall, up, 0), which continue in the reveals of its openings."""
    x, y, z = g.node("SeparateXYZ", {0: g.coordinates()}).outputs[:3]
    return g.node("CombineXYZ", {0: g.math("ADD", x, y), 1: z}).outputs[0]


def lying(g: Graph, turn: float) -> Any:
    """Texture coordinates of a floor, turned by an angle."""
    position = g.node("NewGeometry", {}).outputs["Position"]
    return g.node("Mapping", {"Vector": position, "Rotation": (0, 0, turn), "Location": (0.31, 0.17, 0)}).outputs[0]


def shade(g: Graph, look: Look) -> Any:
    """Surface shader of a look."""
    values: dict[str, Any] = {"Base Color": look.color, "Roughness": look.rough}
    if look.height is not None:
        values["Normal"] = g.node("Bump", {"Height": look.height, "Distance": look.relief}).outputs[0]
    return g.node("BsdfPrincipled", values)


def wall_look(g: Graph, at: Any, kind: str, rng: random.Random) -> Look:
    """Look of a kind of wall."""
    if kind == "paint":
        return patterns.paint(g, at, wall_color(rng), rng)
    if kind == "boards":
        return patterns.boards(g, at, rng, rng.uniform(0.06, 0.25), upright=rng.random() < 0.75)
    makers = {
        "paper": wallpapers.paper,
        "slats": panelling.slats,
        "frames": panelling.frames,
        "brick": patterns.bricks,
        "tiles": patterns.tiles,
        "stone": patterns.stone,
        "concrete": patterns.concrete,
    }
    return makers[kind](g, at, rng)


PLAIN = {"paint": 82, "concrete": 14, "stone": 4}
PATTERNED = {"paper": 42, "brick": 12, "tiles": 16, "boards": 7, "slats": 11, "frames": 8, "stone": 4}
BELOW = {"paint": 34, "tiles": 22, "boards": 12, "frames": 18, "slats": 14}


def wall(rng: random.Random, plain: bool = False, patterned: bool = False, kind: str = "") -> Any:
    """Wall material: one look, or a second one up to some height, perhaps with a border between them.

    Args:
        rng: Random numbers of the room.
        plain: Whether it is mostly a single colour, as in robot simulators.
        patterned: Whether it has a pattern.
        kind: A kind of PLAIN or PATTERNED; by default a random one.
    """
    if plain and not patterned and rng.random() < 0.8:
        return flat(wall_color(rng) if rng.random() < 0.7 else color(rng))
    g = Graph("wall")
    at = upright(g)
    kind = kind or weighted_choice(PATTERNED if patterned else PLAIN, rng)
    upper = shade(g, photographs.look(g, at, rng) or wall_look(g, at, kind, rng))
    if rng.random() > (0.17 if kind != "tiles" else 0.4):
        return g.finish(upper)
    lower = upper if kind == "tiles" else shade(g, wall_look(g, at, weighted_choice(BELOW, rng), rng))
    if kind == "tiles":
        upper = shade(g, patterns.paint(g, at, wall_color(rng), rng))
    level, height = rng.choice((0.9, 1.0, 1.2, 1.5, 2.0)), g.node("SeparateXYZ", {0: at}).outputs[1]
    above = g.math("GREATER_THAN", height, level)
    mixed = g.node("MixShader", {0: above, 1: lower.outputs[0], 2: upper.outputs[0]})
    if rng.random() < 0.6:
        band = g.math("LESS_THAN", g.math("ABSOLUTE", g.math("SUBTRACT", height, level), 0.0), rng.uniform(0.01, 0.06))
        border = shade(g, Look(wall_color(rng), rng.uniform(0.2, 0.7)))
        mixed = g.node("MixShader", {0: band, 1: mixed.outputs[0], 2: border.outputs[0]})
    return g.finish(mixed)


FLOORS = {
    "planks": 25,
    "parquet": 6,
    "herringbone": 9,
    "tiles": 18,
    "chess": 5,
    "carpet": 14,
    "pattern": 6,
    "concrete": 8,
    "stone": 5,
    "lino": 4,
}


def floor_look(g: Graph, at: Any, kind: str, rng: random.Random) -> Look:
    """Look of a kind of floor."""
    if kind == "planks":
        return patterns.boards(g, at, rng, rng.uniform(0.06, 0.22))
    if kind == "pattern":
        return Look(wallpapers.design(g, at, [color(rng) for _ in range(4)], rng), 1.0)
    if kind == "tiles":
        return patterns.tiles(g, at, rng, rng.uniform(0.15, 0.9))
    if kind == "lino":
        return Look(wall_color(rng), rng.uniform(0.1, 0.5))
    makers = {
        "parquet": patterns.parquet,
        "herringbone": patterns.herringbone,
        "chess": patterns.chess,
        "carpet": patterns.carpet,
        "stone": patterns.stone,
        "concrete": patterns.concrete,
    }
    return makers[kind](g, at, rng)


def floor(rng: random.Random, plain: bool = False) -> Any:
    """Floor material: planks, parquet, tiles, checkerboard, carpet, concrete or stone; some are polished."""
    if plain and rng.random() < 0.4:
        return flat(wall_color(rng) if rng.random() < 0.5 else rng.choice(rng.choice(WOODS)))
    g = Graph("floor")
    at = lying(g, rng.choice((0, math.pi / 2, math.pi / 2, math.pi / 4, rng.uniform(0, 3))))
    photograph = photographs.look(g, at, rng)
    if photograph is not None:
        return g.finish(shade(g, photograph))
    kind = weighted_choice(FLOORS, rng)
    look = floor_look(g, at, kind, rng)
    if kind not in ("carpet", "pattern") and look.relief < 0.005 and rng.random() < 0.15:
        look.rough = rng.uniform(0.02, 0.12)
    return g.finish(shade(g, look))


def ceiling(rng: random.Random, plain: bool = False) -> Any:
    """Ceiling material: white or other paint, panels, boards or concrete."""
    white = tone(rng.uniform(0.05, 0.6), rng.uniform(0, 0.05), rng.uniform(0.85, 0.99))
    if plain:
        return flat(white)
    g = Graph("ceiling")
    at = lying(g, rng.choice((0, math.pi / 2)))
    kind = rng.random()
    if kind < 0.62:
        look = patterns.paint(g, at, white, rng)
    elif kind < 0.7:
        look = patterns.paint(g, at, wall_color(rng), rng)
    elif kind < 0.85:
        look = patterns.panels(g, at, white, rng)
    elif kind < 0.94:
        look = patterns.boards(g, at, rng, rng.uniform(0.08, 0.2))
    else:
        look = patterns.concrete(g, at, rng)
    return g.finish(shade(g, look))
