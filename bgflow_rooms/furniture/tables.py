# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Tables, desks and counters."""

from __future__ import annotations

import math
import random
from typing import Any

from bgflow_rooms.furniture.couches import legs
from bgflow_rooms.furniture.mesh_builder import TAU, MeshBuilder, make_family
from bgflow_rooms.materials import palette

__all__ = ["TABLES", "drawers"]


def top(mesh: MeshBuilder, rng: random.Random, size: tuple[float, float, float], material: Any) -> None:
    """Table top with its upper face at size z: a rectangle, an ellipse or a rounded rectangle."""
    wide, deep, high = size
    thick, kind = rng.uniform(0.015, 0.06), rng.choice(("box", "box", "ellipse", "round"))
    if kind == "box":
        mesh.box((0, 0, high - thick), (wide, deep, thick), material, 0.005)
        return
    power = 1.0 if kind == "ellipse" else 0.35
    outline = []
    for i in range(40):
        x, y = math.cos(i * TAU / 40), math.sin(i * TAU / 40)
        outline.append((math.copysign(abs(x) ** power, x) * wide / 2, math.copysign(abs(y) ** power, y) * deep / 2))
    mesh.slab(outline, (0, 0, high - thick), thick, material)


def base(mesh: MeshBuilder, rng: random.Random, size: tuple[float, float, float]) -> None:
    """Base below a table top at size z: legs, trestles, columns, panels or crossed bars."""
    wide, deep, high = size
    timber = palette.metal(rng) if rng.random() < 0.3 else palette.hard(rng, 2)
    kind, high = rng.choice(("legs", "legs", "legs", "column", "panels", "cross", "sled")), high - 0.014
    if kind == "legs":
        legs(mesh, rng, (wide * 0.72, deep * 0.72, high), timber, rng.choice((0.0, 0.04)))
        if rng.random() < 0.6:
            rail = rng.uniform(0.04, 0.1)
            for side in (-1, 1):
                mesh.box((0, side * deep * 0.34, high - rail), (wide * 0.7, 0.02, rail), timber)
                mesh.box((side * wide * 0.34, 0, high - rail), (0.02, deep * 0.7, rail), timber)
    elif kind == "column":
        reach, count = min(wide, deep) * 0.33, 1 + (wide > 1.7 * deep)
        for i in range(count):
            x = (i - (count - 1) / 2) * wide * 0.5
            mesh.lathe(
                (x, 0, 0),
                [(0, 0), (reach, 0), (reach * 0.9, 0.03), (0.06, 0.06), (0.05, high * 0.6), (0.1, high)],
                timber,
            )
    elif kind == "panels":
        for side in (-1, 1):
            mesh.box((side * wide * 0.33, 0, 0), (0.04, deep * 0.66, high), timber)
        mesh.box((0, 0, high * 0.25), (wide * 0.65, 0.03, 0.12), timber)
    else:
        for side in (-1, 1):
            x, y = side * wide * 0.3, deep * 0.3
            if kind == "cross":
                mesh.rod((x, -y, 0), (x, y, high), 0.025, timber)
                mesh.rod((x, y, 0), (x, -y, high), 0.025, timber)
            else:
                mesh.tube([(x, -y, high), (x, -y, 0.02), (x, y, 0.02), (x, y, high)], 0.018, timber)


def table(mesh: MeshBuilder, rng: random.Random, size: tuple[float, float, float]) -> None:
    """Table of a size with a top and a base."""
    top(mesh, rng, size, palette.hard(rng, 0))
    base(mesh, rng, size)


def dining(mesh: MeshBuilder, rng: random.Random) -> None:
    """Dining table."""
    deep = rng.uniform(0.7, 1.1)
    table(mesh, rng, (deep * rng.choice((1, rng.uniform(1.2, 2.2))), deep, rng.uniform(0.7, 0.78)))


def coffee(mesh: MeshBuilder, rng: random.Random) -> None:
    """Low table, some with a shelf below."""
    deep, high = rng.uniform(0.4, 0.75), rng.uniform(0.28, 0.5)
    wide = deep * rng.uniform(1, 2)
    table(mesh, rng, (wide, deep, high))
    if rng.random() < 0.3:
        mesh.box((0, 0, high * 0.3), (wide * 0.76, deep * 0.76, 0.02), palette.hard(rng))


def side_table(mesh: MeshBuilder, rng: random.Random) -> None:
    """Small table."""
    deep = rng.uniform(0.3, 0.5)
    table(mesh, rng, (deep * rng.uniform(1, 1.3), deep, rng.uniform(0.4, 0.7)))


def drawers(
    mesh: MeshBuilder, rng: random.Random, size: tuple[float, float, float], grid: tuple[int, int], front: Any
) -> None:
    """Fronts of drawers or doors with handles on the front at y=0 of a box with its foot at z=0."""
    wide, _, high = size
    columns, rows = grid
    grip, kind = palette.metal(rng), rng.choice(("bar", "knob", "slot", "none"))
    raised = rng.random() < 0.3
    for c in range(columns):
        for r in range(rows):
            w, h = wide / columns, high / rows
            x, z = (c + 0.5) * w - wide / 2, r * h
            mesh.box((x, -0.009, z + 0.004), (w - 0.008, 0.018, h - 0.008), front, 0.003)
            if raised and min(w, h) > 0.15:
                mesh.box((x, -0.02, z + 0.05), (w - 0.1, 0.012, h - 0.1), front, 0.01)
            if h > 1.3 * w or h > 0.6:
                x, spot = x + (1 if c % 2 == 0 else -1) * w * 0.4, (0.012, min(0.3, h * 0.3))
            else:
                spot = (min(w * 0.4, 0.2), 0.012)
            middle = z + h / 2
            if kind == "bar":
                mesh.box((x, -0.035, middle - spot[1] / 2), (spot[0], 0.012, spot[1]), grip)
            elif kind == "knob":
                mesh.ball((x, -0.035, middle), 0.016, grip, 8)
            elif kind == "slot":
                mesh.box((x, -0.019, z + h - 0.03), (min(w * 0.4, 0.15), 0.004, 0.014), grip)


def desk(mesh: MeshBuilder, rng: random.Random) -> None:
    """Writing desk: a top on legs, panels and drawers."""
    wide, deep, high = rng.uniform(0.9, 1.7), rng.uniform(0.5, 0.8), rng.uniform(0.7, 0.78)
    timber, front = palette.hard(rng, 0), palette.hard(rng)
    front = timber if rng.random() < 0.5 else front
    mesh.box((0, 0, high - 0.03), (wide, deep, 0.03), timber, 0.005)
    sides = rng.choice(((-1,), (1,), (-1, 1), ()))
    block = rng.uniform(0.3, 0.42)
    for side in (-1, 1):
        x = side * (wide - block) / 2 * 0.98
        if side in sides and wide > 2.4 * block:
            mesh.box((x, 0, 0.04), (block, deep * 0.94, high - 0.07), timber)
            drawers(mesh.at((x, -deep * 0.47, 0.04)), rng, (block, 0, high - 0.08), (1, rng.randint(2, 4)), front)
        elif rng.random() < 0.5:
            mesh.box((side * (wide / 2 - 0.03), 0, 0), (0.03, deep * 0.94, high - 0.03), timber)
        else:
            for y in (-0.42, 0.42):
                mesh.rod(
                    (side * (wide / 2 - 0.04), deep * y, 0),
                    (side * (wide / 2 - 0.04), deep * y, high - 0.02),
                    0.02,
                    timber,
                )
    if rng.random() < 0.6:
        mesh.box((0, deep * 0.44, high - 0.4), (wide * 0.94, 0.018, 0.38), timber)
    if not sides:
        mesh.box((0, -0.01, high - 0.12), (wide * 0.9, deep * 0.9, 0.095), timber)
        drawers(
            mesh.at((0, -deep * 0.45 - 0.01, high - 0.12)), rng, (wide * 0.88, 0, 0.09), (rng.randint(1, 3), 1), front
        )


def night_stand(mesh: MeshBuilder, rng: random.Random) -> None:
    """Night stand with drawers on short legs."""
    wide, deep, high, timber = (
        rng.uniform(0.32, 0.6),
        rng.uniform(0.3, 0.45),
        rng.uniform(0.4, 0.65),
        palette.hard(rng, 0),
    )
    foot = rng.choice((0.03, rng.uniform(0.08, 0.25)))
    mesh.box((0, 0, foot), (wide, deep, high - foot), timber, 0.005)
    drawers(
        mesh.at((0, -deep / 2, foot + 0.01)),
        rng,
        (wide * 0.96, 0, high - foot - 0.03),
        (1, rng.randint(1, 3)),
        palette.hard(rng),
    )
    legs(mesh, rng, (wide * 0.95, deep * 0.95, foot + 0.01), timber)


def counter(mesh: MeshBuilder, rng: random.Random) -> None:
    """Bar or shop counter: a solid block with a top that overhangs."""
    wide, deep, high, body = rng.uniform(1.1, 2.4), rng.uniform(0.45, 0.8), rng.uniform(0.9, 1.15), palette.hard(rng, 2)
    mesh.box((0, 0, 0), (wide * 0.94, deep * 0.8, high - 0.04), body)
    mesh.box((0, 0, high - 0.05), (wide, deep, 0.05), palette.hard(rng, 0), 0.006)
    if rng.random() < 0.6:
        count = rng.randint(3, 14)
        for i in range(count):
            mesh.box(
                ((i + 0.5) / count * wide * 0.94 - wide * 0.47, -deep * 0.4 - 0.008, 0.05),
                (wide / count * 0.8, 0.016, high - 0.15),
                body,
                0.004,
            )


TABLES = (
    make_family("dining table", 7, "floor", dining, True),
    make_family("coffee table", 7, "floor", coffee, True),
    make_family("side table", 7, "floor", side_table, True),
    make_family("desk", 14, "wall", desk, True),
    make_family("night stand", 32, "wall", night_stand, True),
    make_family("counter", 12, "floor", counter, True),
)
