# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Cabinets, shelves and boxes."""

from __future__ import annotations

import random
from typing import Any

from bgflow_rooms.furniture.couches import legs
from bgflow_rooms.furniture.mesh_builder import MeshBuilder, make_family
from bgflow_rooms.furniture.tables import drawers
from bgflow_rooms.materials import nodes as materials
from bgflow_rooms.materials import palette

__all__ = ["STORAGE", "books", "fill"]


def books(mesh: MeshBuilder, rng: random.Random, size: tuple[float, float, float], covers: list[Any]) -> None:
    """Row of books within a width, depth and height whose fronts lie at y=0, from x=0 to the right, on z=0."""
    wide, deep, high = size
    x, end = rng.uniform(0, 0.03), wide * rng.choice((1, 1, rng.uniform(0.3, 1)))
    bulk = rng.uniform(0.02, 0.045)
    while x < end - 0.06:
        thick, tall, reach = bulk * rng.uniform(0.5, 1.5), high * rng.uniform(0.62, 0.93), deep * rng.uniform(0.6, 0.9)
        mesh.box(
            (x + thick / 2, reach / 2 + rng.uniform(0, 0.1) * deep, 0), (thick - 0.002, reach, tall), rng.choice(covers)
        )
        x += thick
    if x < wide - 0.15 and rng.random() < 0.5:
        z = 0.0
        for _ in range(rng.randint(1, 4)):
            thick = rng.uniform(0.02, 0.04)
            mesh.box(
                ((x + wide) / 2, deep * 0.45, z), (min(0.24, wide - x - 0.03), deep * 0.7, thick), rng.choice(covers)
            )
            z += thick


def fill(mesh: MeshBuilder, rng: random.Random, size: tuple[float, float, float], covers: list[Any]) -> None:
    """Contents of a compartment of a width, depth and height: x from 0, y from 0 to the back, z from 0."""
    wide, deep, high = size
    kind = rng.random()
    if kind < 0.5:
        books(mesh, rng, (wide, deep, min(high, 0.34)), covers)
    elif kind < 0.65:
        tall = min(high * 0.85, 0.3)
        count = max(1, int(wide / 0.32))
        box = palette.cloth(rng) if rng.random() < 0.5 else palette.hard(rng)
        for i in range(count):
            mesh.box(((i + 0.5) * wide / count, deep * 0.48, 0), (wide / count * 0.85, deep * 0.85, tall), box, 0.008)
    elif kind < 0.9:
        x = 0.07
        while x < wide - 0.07:
            r, tall = rng.uniform(0.025, 0.06), high * rng.uniform(0.2, 0.75)
            if rng.random() < 0.6:
                curve = [
                    (0, 0),
                    (r, 0),
                    (r * rng.uniform(0.5, 1.2), tall * 0.5),
                    (r * rng.uniform(0.3, 1), tall),
                    (0, tall),
                ]
                mesh.lathe((x, deep * 0.4, 0), curve, palette.lacquer(rng), 12)
            else:
                mesh.box((x, deep * 0.4, 0), (1.6 * r, r, tall), palette.lacquer(rng), 0.003)
            x += 2 * r + rng.uniform(0.03, 0.25)


def shelves(mesh: MeshBuilder, rng: random.Random, rows: int, columns: int, closed: bool) -> None:
    """Bookcase of rows and columns that faces -y."""
    wide, deep, high = columns * rng.uniform(0.35, 0.8), rng.uniform(0.22, 0.38), rows * rng.uniform(0.28, 0.42)
    timber, t = palette.hard(rng, 2 if closed else 0), rng.uniform(0.015, 0.04)
    foot, step = rng.choice((0.0, 0.06)), high / rows
    post = rng.random() < 0.5
    for c in range(columns + 1):
        x = (c / columns - 0.5) * (wide - t)
        if closed or not post:
            if closed or c in (0, columns):
                mesh.box((x, 0, 0), (t, deep, high + foot), timber)
        else:
            for y in (-1, 1):
                mesh.box((x, y * (deep - 0.03) / 2, 0), (0.028, 0.028, high + foot), timber)
    if closed or rng.random() < 0.3:
        mesh.box((0, deep / 2 - 0.005, foot), (wide, 0.008, high), timber if rng.random() < 0.6 else palette.hard(rng))
    covers = [palette.plastic(rng) for _ in range(rng.randint(3, 9))]
    empty = rng.choice((0.0, 0.1, 0.4))
    for r in range(rows + 1):
        mesh.box((0, 0, foot + min(r * step, high - t)), (wide, deep, t), timber)
        for c in range(columns):
            if r < rows and rng.random() > empty:
                place = mesh.at((-wide / 2 + c * wide / columns + t, -deep / 2 + 0.01, foot + r * step + t))
                fill(place, rng, (wide / columns - 1.7 * t, deep - 0.02, step - t - 0.01), covers)


def bookcase(mesh: MeshBuilder, rng: random.Random) -> None:
    """Bookcase, low or high, with a back."""
    shelves(mesh, rng, rng.randint(2, 6), rng.randint(1, 3), True)


def rack(mesh: MeshBuilder, rng: random.Random) -> None:
    """Open rack of boards."""
    shelves(mesh, rng, rng.randint(2, 5), 1 if rng.random() < 0.7 else 2, False)


def carcass(mesh: MeshBuilder, rng: random.Random, size: tuple[float, float, float], grid: tuple[int, int]) -> None:
    """Closed cabinet of a size with a grid of doors or drawers, on feet, a plinth or legs."""
    wide, deep, high = size
    timber = palette.hard(rng, rng.choice((0, 2)))
    front = timber if rng.random() < 0.6 else palette.hard(rng)
    foot = rng.choice((0.02, 0.06, rng.uniform(0.08, 0.25) if high < 1.2 else 0.1))
    mesh.box((0, 0, foot), (wide, deep, high - foot), timber, 0.006)
    drawers(mesh.at((0, -deep / 2, foot + 0.015)), rng, (wide * 0.97, 0, high - foot - 0.045), grid, front)
    if foot > 0.07:
        legs(mesh, rng, (wide * 0.95, deep * 0.92, foot + 0.01), palette.hard(rng), rng.choice((0.0, 0.03)))
    else:
        mesh.box((0, 0.02, 0), (wide * 0.96, deep * 0.9, foot + 0.01), palette.dark(rng))


def wardrobe(mesh: MeshBuilder, rng: random.Random) -> None:
    """Wardrobe with doors, some with a mirror or a cornice."""
    doors = rng.randint(1, 4)
    size = (doors * rng.uniform(0.4, 0.6), rng.uniform(0.45, 0.65), rng.uniform(1.75, 2.3))
    carcass(mesh, rng, size, (doors, 1))
    if rng.random() < 0.3:
        wide, x = size[0] / doors, (rng.randrange(doors) + 0.5) * size[0] / doors - size[0] / 2
        mesh.box(
            (x, -size[1] / 2 - 0.019, 0.3), (wide * 0.7, 0.006, size[2] - 0.5), materials.plain("#e8eaea", 0.03, 1.0)
        )
    if rng.random() < 0.3:
        mesh.box((0, 0, size[2]), (size[0] + 0.08, size[1] + 0.06, 0.06), palette.hard(rng, 0), 0.02, 2)


def cabinet(mesh: MeshBuilder, rng: random.Random) -> None:
    """Cabinet of middle height with doors."""
    columns = rng.randint(1, 3)
    carcass(
        mesh,
        rng,
        (columns * rng.uniform(0.35, 0.55), rng.uniform(0.3, 0.5), rng.uniform(0.7, 1.5)),
        (columns, rng.choice((1, 1, 2))),
    )


def dresser(mesh: MeshBuilder, rng: random.Random) -> None:
    """Chest of drawers."""
    columns, rows = rng.choice((1, 1, 2, 3)), rng.randint(3, 6)
    wide = columns * rng.uniform(0.4, 0.6) + (0.3 if columns == 1 else 0)
    carcass(mesh, rng, (wide, rng.uniform(0.38, 0.52), rows * rng.uniform(0.17, 0.24)), (columns, rows))


def sideboard(mesh: MeshBuilder, rng: random.Random) -> None:
    """Long low cabinet."""
    columns = rng.randint(2, 5)
    carcass(
        mesh,
        rng,
        (columns * rng.uniform(0.38, 0.6), rng.uniform(0.35, 0.5), rng.uniform(0.45, 0.9)),
        (columns, rng.choice((1, 1, 2, 3))),
    )


def display(mesh: MeshBuilder, rng: random.Random) -> None:
    """Display case: shelves with things in a frame of posts, a closed part below."""
    wide, deep, high, low = rng.uniform(0.5, 1.1), rng.uniform(0.3, 0.45), rng.uniform(1.5, 2.1), rng.uniform(0.15, 0.7)
    timber, t = palette.hard(rng, 2), rng.uniform(0.02, 0.05)
    mesh.box((0, 0, 0), (wide, deep, low), timber, 0.005)
    drawers(mesh.at((0, -deep / 2, 0.03)), rng, (wide * 0.96, 0, low - 0.06), (2, 1), timber)
    mesh.box((0, deep / 2 - 0.01, low), (wide, 0.01, high - low), palette.hard(rng))
    for x in (-1, 1):
        for y in (-1, 1):
            mesh.box((x * (wide - t) / 2, y * (deep - t) / 2, low), (t, t, high - low), timber)
    if rng.random() < 0.6:
        mesh.box((0, -deep / 2 + t / 2, low), (t, t, high - low), timber)
    mesh.box((0, 0, high), (wide + 0.03, deep + 0.03, 0.05), timber, 0.01)
    count, covers = rng.randint(2, 4), [palette.plastic(rng) for _ in range(4)]
    for i in range(count):
        z, step = low + i * (high - low) / count, (high - low) / count
        mesh.box((0, 0, z), (wide - 0.01, deep - 0.02, 0.012), timber)
        fill(
            mesh.at((-wide / 2 + t + 0.02, -deep / 2 + t + 0.02, z + 0.012)),
            rng,
            (wide - 2 * t - 0.04, deep - 0.08, step * 0.9),
            covers,
        )


def filing(mesh: MeshBuilder, rng: random.Random) -> None:
    """Filing cabinet of sheet metal."""
    wide, rows, deep, sheet = rng.uniform(0.38, 0.5), rng.randint(2, 4), rng.uniform(0.45, 0.65), palette.lacquer(rng)
    high = rows * rng.uniform(0.28, 0.34)
    mesh.box((0, 0, 0), (wide, deep, high + 0.03), sheet, 0.003)
    drawers(mesh.at((0, -deep / 2, 0.02)), rng, (wide * 0.97, 0, high), (1, rows), sheet)
    label = palette.light(rng)
    for r in range(rows):
        mesh.box((-wide * 0.25, -deep / 2 - 0.019, 0.02 + (r + 0.7) * high / rows), (0.08, 0.004, 0.04), label)


def cartons(mesh: MeshBuilder, rng: random.Random) -> None:
    """One to five boxes stacked askew, some of them open."""
    z, wide = 0.0, rng.uniform(0.3, 0.6)
    for i in range(rng.randint(1, 4)):
        deep, high = wide * rng.uniform(0.6, 1), wide * rng.uniform(0.4, 0.9)
        place = mesh.at((rng.uniform(-0.03, 0.03), rng.uniform(-0.03, 0.03), z), (0, 0, rng.uniform(-0.3, 0.3)))
        board = materials.cardboard() if rng.random() < 0.6 else palette.plastic(rng)
        place.box((0, 0, 0), (wide, deep, high), board)
        place.box((0, 0, high), (wide * 1.002, 0.05, 0.002), materials.plain("#c9b07c", 0.3))
        if rng.random() < 0.3:
            place.box((0, -deep / 2, high * 0.3), (wide * 0.5, 0.002, high * 0.4), palette.cloth(rng))
        if rng.random() < 0.2 and i > 0:
            for side in (-1, 1):
                flap = place.at((0, side * deep / 2, high), (side * -0.6, 0, 0))
                flap.box((0, side * deep / 4, 0), (wide, deep / 2, 0.005), board)
            return
        z, wide = z + high, wide * rng.uniform(0.65, 0.95)


STORAGE = (
    make_family("bookcase", 10, "wall", bookcase),
    make_family("open shelves", 15, "wall", rack),
    make_family("wardrobe", 3, "wall", wardrobe),
    make_family("cabinet", 3, "wall", cabinet, True),
    make_family("dresser", 17, "wall", dresser, True),
    make_family("sideboard", 3, "wall", sideboard, True),
    make_family("display case", 3, "wall", display),
    make_family("filing cabinet", 3, "wall", filing, True),
    make_family("cartons", 29, "floor", cartons),
)
