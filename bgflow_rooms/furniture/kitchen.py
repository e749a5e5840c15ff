# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Kitchen rows and large appliances."""

from __future__ import annotations

import math
import random
from typing import Any

from bgflow_rooms.furniture.mesh_builder import MeshBuilder, make_family
from bgflow_rooms.furniture.tables import drawers
from bgflow_rooms.materials import nodes as materials
from bgflow_rooms.materials import palette

__all__ = ["KITCHEN", "tap"]


def tap(mesh: MeshBuilder, rng: random.Random, metal: Any) -> None:
    """Tap at y=0 whose spout reaches to -y."""
    tall, reach = rng.uniform(0.1, 0.32), rng.uniform(0.1, 0.2)
    bow = [(0, 0.0, 0.0), (0, 0.0, tall * 0.7)]
    bow += [
        (0, -reach / 2 * (1 - math.cos(a)), tall * 0.7 + 0.3 * tall * math.sin(a)) for a in (0.5, 1.1, 1.6, 2.1, 2.7)
    ]
    mesh.tube([*bow, (0, -reach, tall * 0.6)], 0.011, metal)
    mesh.rod((0.02, 0, 0.03), (0.08, 0, 0.06), 0.008, metal)
    mesh.cylinder((0, 0, 0), 0.022, 0.03, metal, 12)


def sink(mesh: MeshBuilder, rng: random.Random, wide: float) -> None:
    """Basin let into a worktop at z=0: a rim, a dark trough, a tap."""
    metal = palette.metal(rng) if rng.random() < 0.7 else palette.light(rng)
    mesh.box((0, 0, -0.005), (wide, 0.42, 0.012), metal, 0.003)
    mesh.box((0, -0.02, 0.002), (wide * 0.85, 0.32, 0.006), materials.plain("#5b5d60", 0.3, 0.8))
    tap(mesh.at((0, 0.18, 0.005)), rng, metal)


def hob(mesh: MeshBuilder, rng: random.Random) -> None:
    """Four plates on black glass or steel."""
    mesh.box((0, 0, 0), (0.56, 0.48, 0.008), palette.dark(rng) if rng.random() < 0.7 else palette.metal(rng))
    plate, gas = palette.dark(rng), rng.random() < 0.4
    for x in (-0.14, 0.14):
        for y in (-0.12, 0.12):
            mesh.cylinder((x, y, 0.008), rng.choice((0.07, 0.09)), 0.004, plate)
            if gas:
                for turn in (0.0, math.pi / 2):
                    mesh.at((x, y, 0.012), (0, 0, turn)).box((0, 0, 0.015), (0.2, 0.012, 0.012), plate)
    if rng.random() < 0.4:
        pot = palette.metal(rng) if rng.random() < 0.6 else palette.lacquer(rng)
        r, tall = rng.uniform(0.08, 0.12), rng.uniform(0.06, 0.2)
        mesh.lathe(
            (0.14, 0.12, 0.012),
            [
                (0, 0),
                (r, 0),
                (r, tall),
                (r * 1.05, tall),
                (r * 0.4, tall + 0.025),
                (0.015, tall + 0.03),
                (0.02, tall + 0.05),
                (0, tall + 0.05),
            ],
            pot,
        )
        mesh.rod((0.14 - r, 0.12, tall), (0.14 - r - 0.06, 0.12, tall), 0.012, plate)


def oven(mesh: MeshBuilder, rng: random.Random, wide: float, high: float) -> None:
    """Oven door with window, bar and knobs on the front at y=0, foot at z=0."""
    front, metal = rng.choice((palette.metal, palette.dark, palette.light))(rng), palette.metal(rng)
    mesh.box((0, -0.012, 0), (wide, 0.024, high), front, 0.004)
    mesh.box((0, -0.025, high * 0.2), (wide * 0.72, 0.006, high * 0.42), palette.dark(rng))
    mesh.rod((-wide * 0.4, -0.05, high * 0.74), (wide * 0.4, -0.05, high * 0.74), 0.011, metal)
    count = rng.randint(2, 6)
    for i in range(count):
        x = ((i + 0.5) / count - 0.5) * wide * 0.8
        mesh.rod((x, -0.02, high * 0.88), (x, -0.045, high * 0.88), 0.018, metal)


def kitchen(mesh: MeshBuilder, rng: random.Random) -> None:
    """Row of base units under a worktop, often with upper cupboards and a hood."""
    units, unit, deep, high = (
        rng.randint(2, 6),
        rng.uniform(0.45, 0.62),
        rng.uniform(0.55, 0.65),
        rng.uniform(0.85, 0.95),
    )
    wide, body, front = units * unit, palette.light(rng), palette.hard(rng)
    plinth = palette.dark(rng) if rng.random() < 0.6 else front
    mesh.box((0, -deep / 2 + 0.03, 0), (wide, deep - 0.08, 0.1), plinth)
    mesh.box((0, -deep / 2 + 0.01, 0.1), (wide, deep - 0.03, high - 0.14), body)
    mesh.box((0, -deep / 2, high - 0.04), (wide + 0.01, deep + 0.02, 0.04), palette.hard(rng, 0), 0.004)
    wet, hot = rng.sample(range(units), 2) if rng.random() < 0.85 else (0, -1)
    grids = [rng.choice(((1, 1), (1, 1), (1, 3), (1, 4), (2, 1))) for _ in range(2)]
    look = rng.randrange(2**30)
    for i in range(units):
        x = (i + 0.5) * unit - wide / 2
        place = mesh.at((x, -deep + 0.025, 0.11))
        if i == hot and rng.random() < 0.8:
            oven(place, rng, unit - 0.01, high - 0.16)
        else:
            drawers(place, random.Random(look), (unit, 0, high - 0.16), rng.choice(grids), front)
        if i == wet:
            sink(mesh.at((x, -deep / 2, high)), rng, unit * rng.uniform(0.8, 1.0))
        elif i == hot:
            hob(mesh.at((x, -deep / 2, high)), rng)
    if rng.random() < 0.75:
        upper(mesh, rng, (wide, units, high + rng.uniform(0.45, 0.6)), front, hot)


def upper(mesh: MeshBuilder, rng: random.Random, frame: tuple[float, int, float], front: Any, hot: int) -> None:
    """Upper cupboards above a given height, with a hood above the hob and gaps with shelves."""
    wide, units, low = frame
    unit, high, deep, look = wide / units, rng.uniform(0.5, 0.85), rng.uniform(0.3, 0.38), rng.randrange(2**30)
    body = palette.light(rng)
    for i in range(units):
        x, kind = (i + 0.5) * unit - wide / 2, rng.random()
        if i == hot:
            metal = palette.metal(rng)
            mesh.box((x, -0.24, low), (unit, 0.48, 0.07), metal, 0.004)
            shape = (
                [(unit * 0.5, 0.07), (0.13, 0.3), (0.13, high)] if rng.random() < 0.5 else [(0.13, 0.07), (0.13, high)]
            )
            place = mesh.at((x, -0.14, low), (0, 0, math.pi / 4), 1)
            place.lathe((0, 0, 0), [(0, 0.07), *((min(r, 0.19), z) for r, z in shape), (0, high)], metal, 4)
        elif kind < 0.75:
            mesh.box((x, -deep / 2, low), (unit, deep, high), body)
            drawers(mesh.at((x, -deep, low)), random.Random(look), (unit, 0, high), (1, 1), front)
        elif kind < 0.9:
            mesh.box((x, -deep / 2, low + 0.1), (unit, deep, 0.03), front)
            for k in range(rng.randint(1, 4)):
                mesh.cylinder(
                    (x - unit * 0.35 + 0.13 * k, -0.12, low + 0.13),
                    0.05,
                    rng.uniform(0.08, 0.2),
                    palette.lacquer(rng),
                    12,
                )


def fridge(mesh: MeshBuilder, rng: random.Random) -> None:
    """Refrigerator of one, two or four doors, some with magnets and notes."""
    wide, deep, high = (
        rng.uniform(0.5, 0.95),
        rng.uniform(0.55, 0.75),
        rng.choice((rng.uniform(0.85, 1.1), rng.uniform(1.4, 2.0))),
    )
    skin = rng.choice((palette.light, palette.light, palette.metal, palette.lacquer))(rng)
    mesh.box((0, 0.02, 0.03), (wide, deep - 0.04, high - 0.03), skin, rng.uniform(0.005, 0.04), 2)
    mesh.box((0, 0, 0), (wide * 0.9, deep * 0.8, 0.04), palette.dark(rng))
    split, twin, grip = rng.choice((0.0, 0.35, 0.68)), wide > 0.8, palette.metal(rng)
    parts = [(0.04, high)] if not split else [(0.04, high * split), (high * split, high)]
    for low, up in parts:
        for side in (-1, 1) if twin else (0,):
            w, x = (wide / 2, side * wide / 4) if twin else (wide, 0.0)
            mesh.box((x, -deep / 2, low + 0.004), (w - 0.008, 0.06, up - low - 0.008), skin, 0.012, 2)
            edge = x - side * w * 0.4 if twin else x - w * 0.42
            mesh.rod(
                (edge, -deep / 2 - 0.05, low + (up - low) * 0.3),
                (edge, -deep / 2 - 0.05, low + (up - low) * 0.7),
                0.01,
                grip,
            )
    for _ in range(rng.choice((0, 0, 3, 8))):
        spot = (rng.uniform(-0.3, 0.3) * wide, -deep / 2 - 0.03, rng.uniform(0.5, 0.9) * high)
        mesh.box(spot, (rng.uniform(0.03, 0.12), 0.004, rng.uniform(0.03, 0.15)), palette.plastic(rng))


def stove(mesh: MeshBuilder, rng: random.Random) -> None:
    """Free-standing cooker."""
    body = palette.light(rng) if rng.random() < 0.6 else palette.lacquer(rng)
    high = rng.uniform(0.83, 0.92)
    mesh.box((0, 0, 0), (0.6, 0.58, high), body, 0.006)
    oven(mesh.at((0, -0.29, 0.2)), rng, 0.58, high - 0.2)
    hob(mesh.at((0, 0, high)), rng)
    if rng.random() < 0.5:
        mesh.box((0, 0.28, high), (0.6, 0.03, rng.uniform(0.08, 0.3)), body)


def washer(mesh: MeshBuilder, rng: random.Random) -> None:
    """Washing machine or dryer with a round door."""
    body, rim = palette.light(rng) if rng.random() < 0.8 else palette.metal(rng), palette.metal(rng)
    mesh.box((0, 0, 0), (0.6, rng.uniform(0.45, 0.62), 0.85), body, 0.01, 2)
    front = mesh.at((0, -0.23, rng.uniform(0.36, 0.45)), (math.pi / 2, 0, 0))
    front.lathe((0, 0, 0), [(0, 0.05), (0.12, 0.07), (0.14, 0.09)], palette.dark(rng))
    front.lathe((0, 0, 0), [(0.19, 0), (0.19, 0.1), (0.14, 0.1), (0.13, 0.05)], rim)
    mesh.box((0, -0.31, 0.72), (0.58, 0.02, 0.12), palette.light(rng))
    mesh.box((-0.18, -0.32, 0.73), (0.16, 0.02, 0.09), palette.light(rng))
    for x in (0.05, 0.2):
        mesh.rod((x, -0.31, 0.78), (x, -0.35, 0.78), 0.03, rim)


def water(mesh: MeshBuilder, rng: random.Random) -> None:
    """Water dispenser with a bottle on top."""
    body, r = palette.light(rng) if rng.random() < 0.5 else palette.plastic(rng), rng.uniform(0.12, 0.15)
    mesh.box((0, 0, 0), (0.32, 0.32, 1.0), body, 0.02, 2)
    mesh.box((0, -0.155, 0.55), (0.22, 0.02, 0.25), palette.dark(rng))
    for x in (-0.05, 0.05):
        mesh.rod((x, -0.15, 0.75), (x, -0.2, 0.73), 0.012, palette.plastic(rng))
    mesh.lathe(
        (0, 0, 1.0),
        [(0.04, 0), (0.05, 0.05), (r, 0.1), (r, 0.2), (r * 0.93, 0.22), (r, 0.24), (r, 0.38), (0, 0.4)],
        materials.plain("#8fb8d8", 0.1, coat=1.0),
    )


KITCHEN = (
    make_family("kitchen row", 3, "wall", kitchen),
    make_family("refrigerator", 24, "wall", fridge),
    make_family("stove", 39, "wall", stove),
    make_family("washing machine", 39, "wall", washer),
    make_family("water dispenser", 40, "wall", water),
)
