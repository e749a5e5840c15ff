# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Fireplaces, radiators, instruments, screens, doors and machines."""

from __future__ import annotations

import math
import random
from typing import Any

from bgflow_rooms.furniture.mesh_builder import MeshBuilder, make_family
from bgflow_rooms.materials import nodes as materials
from bgflow_rooms.materials import palette

__all__ = ["LARGE_THINGS"]


def fireplace(mesh: MeshBuilder, rng: random.Random) -> None:
    """Mantelpiece around a dark hole, or an iron stove with a pipe."""
    if rng.random() < 0.3:
        iron, wide, high = palette.dark(rng), rng.uniform(0.4, 0.6), rng.uniform(0.6, 0.9)
        mesh.box((0, -0.3, 0.15), (wide, 0.4, high), iron, 0.015)
        mesh.box((0, -0.51, 0.3), (wide * 0.7, 0.02, high * 0.5), palette.metal(rng), 0.01)
        mesh.box(
            (0, -0.522, 0.34),
            (wide * 0.55, 0.01, high * 0.35),
            materials.glow("#ff8a3c", 0.8) if rng.random() < 0.4 else palette.dark(rng),
        )
        mesh.rod((0, -0.3, high), (0, -0.3, rng.uniform(1.5, 2.2)), 0.07, iron)
        for x in (-0.4, 0.4):
            for y in (-0.45, -0.15):
                mesh.rod((x * wide, y, 0), (x * wide, y, 0.17), 0.02, iron)
        return
    wide, high, deep, jamb = (
        rng.uniform(1.1, 1.7),
        rng.uniform(0.95, 1.25),
        rng.uniform(0.18, 0.4),
        rng.uniform(0.16, 0.3),
    )
    stone = palette.hard(rng) if rng.random() < 0.5 else palette.cloth(rng)
    for side in (-1, 1):
        mesh.box((side * (wide - jamb) / 2, -deep / 2, 0), (jamb, deep, high - 0.06), stone, 0.01)
    lintel = rng.uniform(0.18, 0.35)
    mesh.box((0, -deep / 2, high - lintel), (wide - 2 * jamb, deep * 0.95, lintel - 0.06), stone)
    mesh.box((0, -deep / 2 - 0.02, high - 0.07), (wide + 0.16, deep + 0.08, 0.07), stone, 0.015)
    mesh.box((0, -0.03, 0), (wide - 2 * jamb, 0.04, high - lintel), materials.plain("#12100f", 0.95))
    mesh.box((0, -deep, 0), (wide * 0.9, deep * 1.6, 0.03), palette.dark(rng))
    for i in range(rng.randint(0, 4)):
        mesh.rod((-0.2, -deep * 0.5, 0.07 + 0.06 * i), (0.2, -deep * 0.4, 0.08 + 0.06 * i), 0.04, palette.wood(rng, 0))


def radiator(mesh: MeshBuilder, rng: random.Random) -> None:
    """Radiator: ribs, a ribbed plate, or bars for towels."""
    body = palette.light(rng) if rng.random() < 0.75 else palette.lacquer(rng)
    wide, high, kind = rng.uniform(0.5, 1.8), rng.uniform(0.35, 0.75), rng.choice(("ribs", "plate", "bars"))
    lift = rng.uniform(0.08, 0.2)
    if kind == "ribs":
        count = int(wide / rng.uniform(0.05, 0.08))
        for i in range(count):
            mesh.box(
                ((i + 0.5) / count * wide - wide / 2, -0.09, lift),
                (wide / count * 0.75, rng.uniform(0.1, 0.11), high),
                body,
                0.015,
            )
    elif kind == "plate":
        mesh.box((0, -0.08, lift), (wide, 0.1, high), body, 0.01)
        count = int(wide / 0.06)
        for i in range(count):
            mesh.box(
                ((i + 0.5) / count * wide - wide / 2, -0.132, lift + 0.04), (0.025, 0.012, high - 0.08), body, 0.005
            )
    else:
        wide, high = min(wide, 0.6), rng.uniform(0.8, 1.5)
        for side in (-1, 1):
            mesh.rod((side * wide / 2, -0.08, lift), (side * wide / 2, -0.08, lift + high), 0.018, body)
        for i in range(int(high / 0.07)):
            mesh.rod((-wide / 2, -0.08, lift + 0.03 + 0.07 * i), (wide / 2, -0.08, lift + 0.03 + 0.07 * i), 0.011, body)
        if rng.random() < 0.5:
            mesh.box((0, -0.08, lift + high * 0.4), (wide * 0.7, 0.05, high * 0.5), palette.cloth(rng), 0.01)
    for side in (-1, 1):
        mesh.box((side * wide * 0.35, -0.015, lift + high * 0.5), (0.04, 0.1, 0.04), body)
    mesh.tube(
        [(-wide / 2 + 0.02, -0.08, lift + 0.05), (-wide / 2 - 0.05, -0.08, lift + 0.05), (-wide / 2 - 0.05, -0.08, 0)],
        0.01,
        palette.metal(rng),
    )


def partition(mesh: MeshBuilder, rng: random.Random) -> None:
    """Folding screen, or a curtain on a frame."""
    high = rng.uniform(1.4, 2.0)
    if rng.random() < 0.4:
        wide, metal = rng.uniform(0.9, 2.0), palette.metal(rng)
        for side in (-1, 1):
            mesh.rod((side * wide / 2, 0, 0), (side * wide / 2, 0, high), 0.018, metal)
            mesh.rod((side * wide / 2, -0.25, 0.02), (side * wide / 2, 0.25, 0.02), 0.018, metal)
        mesh.rod((-wide / 2, 0, high), (wide / 2, 0, high), 0.018, metal)
        mesh.drape(
            (-wide / 2, 0, high),
            (wide / 2, 0, high),
            high * rng.uniform(0.8, 0.97),
            rng.randint(5, 14),
            0.04,
            palette.cloth(rng),
        )
        return
    count, wide, fold = rng.randint(3, 5), rng.uniform(0.35, 0.55), rng.uniform(0.25, 0.6)
    timber, sheet, x, y = palette.hard(rng, 2), palette.cloth(rng), 0.0, 0.0
    for i in range(count):
        turn = fold if i % 2 else -fold
        place = mesh.at((x, y, 0), (0, 0, turn))
        place.box((wide / 2, 0, 0.08), (wide - 0.05, 0.008, high - 0.12), sheet)
        for post in (0.02, wide - 0.02):
            place.box((post, 0, 0), (0.035, 0.028, high), timber)
        for z in (0.06, high / 2, high - 0.05):
            place.box((wide / 2, 0, z), (wide - 0.05, 0.024, 0.04), timber)
        x, y = x + wide * math.cos(turn), y + wide * math.sin(turn)


def door(mesh: MeshBuilder, rng: random.Random) -> None:
    """Door in its frame, shut: smooth, panelled, planked or with a pane."""
    wide, high, case, leaf = (
        rng.uniform(0.75, 1.0),
        rng.uniform(1.98, 2.15),
        rng.uniform(0.05, 0.12),
        palette.hard(rng, 2),
    )
    frame = leaf if rng.random() < 0.5 else palette.hard(rng, 2)
    for side in (-1, 1):
        mesh.box((side * (wide + case) / 2, -0.025, 0), (case, 0.05, high + case), frame, 0.006)
    mesh.box((0, -0.025, high), (wide, 0.05, case), frame, 0.006)
    mesh.box((0, -0.015, 0.005), (wide - 0.005, 0.03, high - 0.01), leaf)
    kind = rng.choice(("smooth", "panels", "planks", "pane"))
    if kind == "panels":
        columns, rows = rng.randint(1, 2), rng.randint(2, 4)
        for c in range(columns):
            for r in range(rows):
                w, h = (wide - 0.2) / columns, (high - 0.3) / rows
                mesh.box(
                    ((c - (columns - 1) / 2) * w, -0.03, 0.15 + r * h + 0.03), (w - 0.06, 0.025, h - 0.06), leaf, 0.01
                )
    elif kind == "planks":
        for i in range(6):
            mesh.box(((i - 2.5) * wide / 6, -0.03, 0.01), (wide / 6 - 0.006, 0.012, high - 0.02), leaf, 0.004)
    elif kind == "pane":
        mesh.box(
            (0, -0.025, rng.uniform(0.3, 1.0)),
            (wide * rng.uniform(0.3, 0.75), 0.02, 0.9),
            materials.plain(palette.tone(0.55, 0.1, rng.uniform(0.3, 0.9)), 0.1, coat=1.0),
        )
    grip, side = palette.metal(rng), rng.choice((-1, 1))
    x = side * (wide / 2 - 0.07)
    mesh.box((x, -0.035, 0.93), (0.04, 0.01, 0.2), grip)
    mesh.rod((x, -0.03, 1.05), (x, -0.08, 1.05), 0.009, grip)
    if rng.random() < 0.7:
        mesh.rod((x, -0.08, 1.05), (x - side * 0.11, -0.08, 1.05), 0.009, grip)
    else:
        mesh.ball((x, -0.09, 1.05), 0.028, grip, 10)


def trainer(mesh: MeshBuilder, rng: random.Random) -> None:
    """Exercise machine: treadmill or weights on a rack."""
    steel, black, paint = palette.metal(rng), palette.dark(rng), palette.lacquer(rng)
    if rng.random() < 0.5:
        mesh.box((0, 0, 0.05), (0.7, 1.5, 0.12), paint, 0.02)
        mesh.box((0, -0.1, 0.171), (0.5, 1.25, 0.006), black)
        for side in (-1, 1):
            mesh.rod((side * 0.32, 0.6, 0.1), (side * 0.3, 0.5, 1.25), 0.03, steel)
            mesh.rod((side * 0.3, 0.5, 1.0), (side * 0.3, 0.05, 0.95), 0.02, black)
            mesh.box((side * 0.3, -0.5, 0), (0.08, 0.2, 0.06), black)
        mesh.at((0, 0.5, 1.15), (-0.5, 0, 0)).box((0, 0, 0), (0.65, 0.05, 0.25), black, 0.015)
        return
    for side in (-1, 1):
        mesh.rod((side * 0.5, -0.2, 0), (side * 0.45, 0.1, 0.8), 0.025, steel)
        mesh.rod((side * 0.5, 0.25, 0), (side * 0.45, 0.1, 0.8), 0.025, steel)
    for z, y in ((0.3, -0.05), (0.6, 0.04)):
        mesh.box((0, y, z), (1.0, 0.16, 0.02), steel)
        for i in range(rng.randint(2, 5)):
            x, r = (i - 2) * 0.19, rng.uniform(0.04, 0.075)
            mesh.rod((x, y - 0.09, z + 0.02 + r), (x, y + 0.09, z + 0.02 + r), 0.014, steel)
            for end in (-0.1, 0.1):
                mesh.rod((x, y + end - 0.025, z + 0.02 + r), (x, y + end + 0.025, z + 0.02 + r), r, paint)


def aquarium(mesh: MeshBuilder, rng: random.Random) -> None:
    """Aquarium on a cabinet."""
    wide, deep, low, high = rng.uniform(0.6, 1.2), rng.uniform(0.3, 0.45), rng.uniform(0.6, 0.8), rng.uniform(0.35, 0.5)
    body: Any = palette.hard(rng)
    mesh.box((0, 0, 0), (wide, deep, low), body, 0.004)
    mesh.box(
        (0, 0, low),
        (wide - 0.01, deep - 0.01, high),
        materials.plain(palette.tone(rng.uniform(0.45, 0.6), 0.5, rng.uniform(0.3, 0.8)), 0.05, coat=1.0),
    )
    mesh.box((0, 0, low + high), (wide, deep, 0.05), palette.dark(rng))
    for _ in range(rng.randint(2, 8)):
        mesh.ball(
            (rng.uniform(-0.42, 0.42) * wide, -deep / 2, low + rng.uniform(0.1, 0.85) * high),
            (0.035, 0.008, 0.018),
            palette.plastic(rng),
            8,
        )


LARGE_THINGS = (
    make_family("fireplace", 38, "wall", fireplace),
    make_family("radiator", 38, "wall", radiator),
    make_family("folding screen", 38, "floor", partition),
    make_family("door", 8, "wall", door),
    make_family("exercise machine", 39, "floor", trainer),
    make_family("aquarium", 39, "wall", aquarium),
)
