# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Surface patterns of walls, floors and ceilings. `at` is a socket with texture coordinates in metres."""

from __future__ import annotations

import random
from typing import Any

from bgflow_rooms.materials.nodes import Graph, Look, linear
from bgflow_rooms.materials.palette import WOODS, color, tone

__all__ = [
    "blend",
    "boards",
    "bricks",
    "carpet",
    "chess",
    "concrete",
    "darker",
    "herringbone",
    "paint",
    "panels",
    "parquet",
    "parts",
    "stone",
    "stretch",
    "tiles",
]


def darker(shade: str, by: float) -> str:
    """Colour '#rrggbb' times a factor, at most white."""
    return "#" + "".join(f"{min(255, round(int(shade[i : i + 2], 16) * by)):02x}" for i in (1, 3, 5))


def stretch(g: Graph, at: Any, x: float, y: float, z: float = 1.0) -> Any:
    """Coordinates scaled along each axis."""
    return g.node("Mapping", {"Vector": at, "Scale": (x, y, z)}).outputs[0]


def parts(g: Graph, at: Any) -> tuple[Any, Any]:
    """Sockets of the x and y coordinates."""
    x, y, _ = g.node("SeparateXYZ", {0: at}).outputs[:3]
    return x, y


def grid(g: Graph, at: Any, size: tuple[float, float], joint: float, offset: float) -> tuple[Any, Any]:
    """Random tone of each brick of a pattern, and a mask that is 1 in the joints."""
    return g.bricks(at, size, joint=joint, smooth=0.2, mortar=0.5, offset=offset)


def blend(g: Graph, factor: Any, first: Any, second: Any) -> Any:
    """Mix of two colours."""
    values = [linear(c) if isinstance(c, str) else c for c in (first, second)]
    return g.node("MixRGB", {0: factor, 1: values[0], 2: values[1]}).outputs[0]


def paint(g: Graph, at: Any, shade: str, rng: random.Random) -> Look:
    """Paint: smooth, rolled, or on rough plaster; sometimes stained."""
    rough = rng.choice((0.3, 0.6, 0.8, 0.9))
    tint: Any = shade
    if rng.random() < 0.4:
        clouds = g.noise(at, rng.uniform(0.4, 3.0), 3.0, 0.6)
        tint = g.ramp(clouds, darker(shade, rng.uniform(0.75, 0.97)), shade, low=0.3, high=0.65)
    if rng.random() < 0.45:
        return Look(tint, rough)
    scale, relief = rng.choice(((70.0, 0.0015), (25.0, 0.003), (120.0, 0.002), (9.0, 0.008)))
    return Look(tint, rough, g.noise(at, scale, 2.0), relief)


def boards(g: Graph, at: Any, rng: random.Random, width: float, upright: bool = False) -> Look:
    """Boards or planks of wood, or painted ones."""
    if upright:
        at = g.node("Mapping", {"Vector": at, "Rotation": (0, 0, 1.5707963)}).outputs[0]
    length = 8.0 if upright else rng.uniform(0.6, 2.5)
    cell, gap = grid(g, at, (length, width), rng.choice((0.001, 0.002, 0.004)), rng.uniform(0.2, 0.5))
    joint, rough = g.ramp(gap, "#ffffff", "#2a1c12"), rng.uniform(0.15, 0.6)
    if rng.random() < (0.4 if upright else 0.05):
        return Look(g.multiply(linear(color(rng)), joint), rough, g.math("SUBTRACT", 1.0, gap), 0.003)
    shift = g.node("VectorMath", {0: at, 1: g.math("MULTIPLY", cell, 37.0)}, operation="ADD").outputs[0]
    grain = g.noise(stretch(g, shift, 1.2, rng.uniform(10, 25)), 1.6, 3.0, 0.65, 0.6)
    deep, pale = rng.choice(WOODS)
    tint = g.ramp(grain, deep, pale, low=0.25, high=0.75)
    tint = g.multiply(tint, g.ramp(cell, darker("#ffffff", rng.uniform(0.6, 0.95)), "#ffffff"))
    return Look(g.multiply(tint, joint), rough, grain, 0.0004)


def parquet(g: Graph, at: Any, rng: random.Random) -> Look:
    """Basket parquet: squares of slats that lie crosswise by turns."""
    size = rng.choice((0.12, 0.2, 0.3, 0.45))
    deep, pale = rng.choice(WOODS)
    checker = {"Vector": at, "Scale": 1 / size, "Color1": (0, 0, 0, 1), "Color2": (1, 1, 1, 1)}
    turned = g.node("Mapping", {"Vector": at, "Rotation": (0, 0, 1.5707963)}).outputs[0]
    slats = [grid(g, way, (size, size / 4), 0.0015, 0.0) for way in (at, turned)]
    which = g.node("TexChecker", checker).outputs[1]
    cell, gap = (blend(g, which, slats[0][i], slats[1][i]) for i in (0, 1))
    grain = g.noise(at, 14.0, 3.0, 0.7, 1.0)
    tint = g.multiply(g.ramp(grain, deep, pale, low=0.3, high=0.7), g.ramp(cell, "#b5aca4", "#ffffff"))
    tint = g.multiply(tint, g.ramp(which, "#e0dad4", "#ffffff"))
    return Look(g.multiply(tint, g.ramp(gap, "#ffffff", "#2a1c12")), rng.uniform(0.15, 0.5))


def herringbone(g: Graph, at: Any, rng: random.Random) -> Look:
    """Parquet of slats in columns that lean to the left and to the right by turns."""
    wide, slat = rng.uniform(0.25, 0.6), rng.uniform(0.06, 0.12)
    x, y = parts(g, at)
    leaning = g.node("CombineXYZ", {0: x, 1: g.math("ADD", y, g.math("PINGPONG", x, wide))}).outputs[0]
    cell, gap = grid(g, leaning, (wide, slat), 0.002, 0.0)
    deep, pale = rng.choice(WOODS)
    grain = g.noise(stretch(g, leaning, 3.0, 25.0), 1.6, 3.0, 0.65)
    tint = g.multiply(g.ramp(grain, deep, pale, low=0.25, high=0.75), g.ramp(cell, "#a59c94", "#ffffff"))
    return Look(g.multiply(tint, g.ramp(gap, "#ffffff", "#2a1c12")), rng.uniform(0.08, 0.5))


def bricks(g: Graph, at: Any, rng: random.Random) -> Look:
    """Brickwork, bare or painted."""
    height = rng.uniform(0.055, 0.075)
    cell, gap = grid(g, at, (height * rng.uniform(2.8, 3.6), height), rng.uniform(0.004, 0.01), 0.5)
    rough = g.noise(at, 30.0, 3.0, 0.6)
    if rng.random() < 0.4:
        shade = rng.choice(("#f2f0ec", "#e2dccf", "#55575a", color(rng)))
        tint = g.multiply(linear(shade), g.ramp(gap, "#ffffff", "#d0d0d0"))
    else:
        red = tone(rng.uniform(0.01, 0.09), rng.uniform(0.25, 0.65), rng.uniform(0.4, 0.8))
        brick = g.multiply(g.ramp(cell, darker(red, 0.6), red, darker(red, 1.2)), g.ramp(rough, "#9a9a9a", "#ffffff"))
        grey = rng.uniform(0.3, 0.85)
        tint = blend(g, gap, brick, tone(0.1, 0.08, grey))
    return Look(tint, 0.85, g.math("ADD", g.math("SUBTRACT", 1.0, gap), g.math("MULTIPLY", rough, 0.3)), 0.008)


def tiles(g: Graph, at: Any, rng: random.Random, size: float | None = None) -> Look:
    """Tiles of one or several tones with joints."""
    size = size or rng.choice((0.025, 0.05, 0.1, 0.15, 0.2, 0.3))
    shape = (size * rng.choice((1, 1, 1, 2)), size)
    cell, gap = grid(g, at, shape, max(0.0015, size * rng.uniform(0.005, 0.035)), rng.choice((0.0, 0.0, 0.5)))
    base = rng.choice((tone(rng.random(), rng.uniform(0, 0.12), rng.uniform(0.55, 0.97)), color(rng)))
    tint = g.ramp(cell, darker(base, rng.choice((1.0, 0.95, 0.8))), base)
    if rng.random() < 0.2:  # mosaic of several colours
        tint = g.ramp(cell, base, *(color(rng) for _ in range(rng.randint(1, 4))), steps=True)
    if rng.random() < 0.4:
        cloud = g.noise(at, rng.uniform(3, 15), 4.0, 0.6, rng.choice((0.0, 2.0)))
        tint = g.multiply(tint, g.ramp(cloud, darker("#ffffff", rng.uniform(0.5, 0.9)), "#ffffff", low=0.3, high=0.7))
    joint = tone(0.1, rng.uniform(0, 0.1), rng.choice((0.2, 0.5, 0.75, 0.9)))
    return Look(blend(g, gap, tint, joint), rng.choice((0.06, 0.15, 0.3, 0.6)), g.math("SUBTRACT", 1.0, gap), 0.0015)


def chess(g: Graph, at: Any, rng: random.Random) -> Look:
    """Chessboard of two colours."""
    pair = rng.choice((("#1d1d1f", "#f1efe9"), ("#7a2a22", "#e8e0cf"), (color(rng), color(rng))))
    board = {"Vector": at, "Scale": 1 / rng.uniform(0.1, 0.5), "Color1": linear(pair[0]), "Color2": linear(pair[1])}
    return Look(g.node("TexChecker", board).outputs[0], rng.uniform(0.08, 0.6))


def carpet(g: Graph, at: Any, rng: random.Random) -> Look:
    """Wall-to-wall carpet: plain, speckled or patterned."""
    base, kind = color(rng), rng.random()
    pile = g.noise(at, rng.uniform(90, 200), 1.0)
    if kind < 0.5:
        tint = linear(base)
    elif kind < 0.75:
        specks = g.noise(at, rng.uniform(20, 120), 2.0)
        tint = g.ramp(specks, darker(base, 0.5), base, color(rng), low=0.35, high=0.65)
    elif kind < 0.9:
        tint = patterned(g, at, rng)
    else:
        cell, _ = grid(g, at, (0.5, 0.5), 0.0, rng.choice((0.0, 0.5)))
        tint = g.ramp(cell, base, darker(base, 0.7), darker(base, 1.2), steps=True)
    tint = g.multiply(tint, g.ramp(pile, "#a0a0a0", "#ffffff", low=0.3, high=0.65))
    return Look(tint, 1.0, pile, 0.003)


def patterned(g: Graph, at: Any, rng: random.Random) -> Any:
    """Colours of a patterned carpet: lozenges or cells."""
    shades, size = [color(rng) for _ in range(3)], rng.uniform(0.1, 0.5)
    if rng.random() < 0.5:
        x, y = parts(g, at)
        factor = g.math("DIVIDE", g.math("ADD", g.math("PINGPONG", x, size), g.math("PINGPONG", y, size)), 2 * size)
    else:
        cells = {"Vector": at, "Scale": 1 / size, "Randomness": rng.random()}
        factor = g.node("TexVoronoi", cells, voronoi_dimensions="2D").outputs[0]
    return g.ramp(factor, *shades, steps=True)


def concrete(g: Graph, at: Any, rng: random.Random) -> Look:
    """Concrete or screed, grey or tinted."""
    base = tone(rng.uniform(0.05, 0.6), rng.uniform(0, 0.12), rng.uniform(0.3, 0.75))
    cloud = g.noise(at, rng.uniform(0.8, 4.0), 6.0, 0.65, rng.uniform(0, 0.8))
    tint = g.ramp(cloud, darker(base, 0.65), base, darker(base, 1.2), low=0.25, high=0.75)
    return Look(tint, rng.uniform(0.15, 0.9), g.noise(at, 40.0, 3.0), 0.0015)


def stone(g: Graph, at: Any, rng: random.Random) -> Look:
    """Natural stone in irregular blocks, or slabs of marble."""
    base = tone(rng.uniform(0.03, 0.15), rng.uniform(0.02, 0.3), rng.uniform(0.35, 0.9))
    if rng.random() < 0.5:
        veins = g.noise(at, rng.uniform(0.8, 2.5), 6.0, 0.7, rng.uniform(1, 4))
        cell, gap = grid(g, at, (0.6, rng.choice((0.3, 0.6))), 0.0015, rng.choice((0.0, 0.5)))
        tint = g.multiply(
            g.ramp(veins, darker(base, 0.5), base, darker(base, 1.15), low=0.35, high=0.6), gap_shade(g, gap)
        )
        return Look(g.multiply(tint, g.ramp(cell, "#d8d8d8", "#ffffff")), rng.uniform(0.05, 0.3))
    cells = {"Vector": at, "Scale": rng.uniform(2.0, 7.0), "Randomness": 0.9}
    near = g.node("TexVoronoi", cells, voronoi_dimensions="2D", feature="DISTANCE_TO_EDGE").outputs[0]
    block = g.node("TexVoronoi", cells, voronoi_dimensions="2D").outputs["Color"]
    edge = g.ramp(near, "#000000", "#ffffff", low=0.02, high=0.08)
    tint = g.multiply(g.ramp(block, darker(base, 0.6), base), g.ramp(g.noise(at, 12.0), "#a8a8a8", "#ffffff"))
    return Look(blend(g, edge, darker(base, 0.6), tint), 0.8, edge, 0.012)


def gap_shade(g: Graph, gap: Any) -> Any:
    """Colour that is white but for dark joints."""
    return g.ramp(gap, "#ffffff", "#6a6460")


def panels(g: Graph, at: Any, white: str, rng: random.Random) -> Look:
    """Suspended ceiling of panels in a metal grid."""
    size = rng.choice(((0.6, 0.6), (0.62, 0.62), (1.2, 0.6), (0.3, 0.3)))
    _, gap = grid(g, at, size, rng.uniform(0.004, 0.012), 0.0)
    holes = g.noise(at, rng.uniform(60, 160), 1.0)
    tint = g.ramp(holes, darker(white, rng.uniform(0.7, 0.95)), white, low=0.3, high=0.5)
    return Look(blend(g, gap, tint, tone(0.1, 0.0, rng.uniform(0.5, 0.9))), 0.8, g.math("SUBTRACT", 1.0, gap), 0.003)
