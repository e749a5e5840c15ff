# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Furniture of wards and surgeries: beds with rails, drip stands, trolleys, curtains around beds."""

from __future__ import annotations

import math
import random
from itertools import pairwise
from typing import Any

import numpy as np

from bgflow_rooms.furniture.beds import quilt
from bgflow_rooms.furniture.mesh_builder import TAU, MeshBuilder, make_family
from bgflow_rooms.materials import palette

__all__ = ["WARD"]


def castors(mesh: MeshBuilder, places: list[tuple[float, float]], radius: float, rng: random.Random) -> None:
    """Wheels below some places."""
    rubber = palette.dark(rng)
    for x, y in places:
        mesh.ring((x, y, radius), 0.7 * radius, 0.3 * radius, rubber, (math.pi / 2, 0, rng.uniform(0, TAU)))


def hospital_bed(mesh: MeshBuilder, rng: random.Random) -> None:
    """Bed on castors with a raised back, rails at its sides and panels at both ends; its head is at y=0."""
    wide, long, z = rng.uniform(0.85, 1.0), rng.uniform(1.95, 2.2), rng.uniform(0.35, 0.7)
    steel, plastic = palette.metal(rng), palette.plastic(rng) if rng.random() < 0.6 else palette.hard(rng)
    corners = [(x * (wide / 2 - 0.08), y) for x in (-1, 1) for y in (-0.2, -long + 0.2)]
    castors(mesh, corners, rng.uniform(0.05, 0.08), rng)
    mesh.box((0, -long / 2, 0.14), (wide - 0.2, long - 0.3, 0.06), steel)
    if rng.random() < 0.5:
        for y in (-0.5, -long + 0.5):
            mesh.box((0, y, 0.18), (0.3, 0.2, z - 0.2), plastic, 0.02)
    else:
        for side in (-1, 1):
            mesh.rod((0, -0.4, 0.17), (side * 0.3, -1.0, z), 0.03, steel)
            mesh.rod((0, -long + 0.4, 0.17), (side * 0.3, -long + 1.0, z), 0.03, steel)
    mesh.box((0, -long / 2, z - 0.05), (wide, long, 0.05), steel)
    sheet, thick, back = palette.light(rng), rng.uniform(0.1, 0.18), rng.uniform(0.6, 0.85)
    lift = rng.choice((0.0, rng.uniform(0.2, 1.1)))
    hinge = mesh.at((0, -back, z), (lift, 0, 0))
    hinge.box((0, back / 2, 0), (wide - 0.06, back, thick), sheet, 0.03, 2)
    mesh.box((0, -(back + long) / 2, z), (wide - 0.06, long - back, thick), sheet, 0.03, 2)
    hinge.pillow((0, back - 0.2, thick + 0.06), (0.6, 0.4, 0.14), palette.light(rng), (0.2, 0, rng.uniform(-0.2, 0.2)))
    if rng.random() < 0.6:
        start = rng.uniform(back, back + 0.5)
        quilt(mesh.at((0, -start, 0)), rng, (wide - 0.06, long - start), z + thick, palette.cloth(rng))
    for y, high in ((-0.02, rng.uniform(0.3, 0.5)), (-long + 0.02, rng.uniform(0.2, 0.4))):
        mesh.box((0, y, z), (wide, 0.04, high), plastic, 0.018, 2)
    for side in (-1, 1):
        if rng.random() < 0.75:
            rail(mesh, rng, side * (wide / 2 + 0.02), (-0.35, -0.35 - rng.uniform(0.8, 1.3)), z, steel, plastic)


def rail(
    mesh: MeshBuilder, rng: random.Random, x: float, ends: tuple[float, float], z: float, steel: Any, plastic: Any
) -> None:
    """Rail along a side of a bed, up or let down: bars, or a panel with a gap."""
    foot = z + rng.choice((0.12, 0.12, -0.25))
    high = rng.uniform(0.2, 0.3)
    if rng.random() < 0.5:
        for i in range(rng.randint(2, 4)):
            level = foot + high * i / 3
            mesh.rod((x, ends[0], level), (x, ends[1], level), 0.012, steel)
        for y in np.linspace(*ends, rng.randint(3, 7)):
            mesh.rod((x, float(y), foot - 0.1), (x, float(y), foot + high), 0.01, steel)
    else:
        mesh.box((x, sum(ends) / 2, foot), (0.03, abs(ends[1] - ends[0]), high), plastic, 0.014, 2)


def drip_stand(mesh: MeshBuilder, rng: random.Random) -> None:
    """Pole on five castors with hooks, bags and sometimes a pump."""
    high, steel = rng.uniform(1.6, 2.1), palette.metal(rng)
    reach = rng.uniform(0.22, 0.32)
    feet = [(reach * math.cos(i * TAU / 5), reach * math.sin(i * TAU / 5)) for i in range(5)]
    castors(mesh, feet, 0.03, rng)
    for x, y in feet:
        mesh.rod((0, 0, 0.12), (x, y, 0.06), 0.014, steel)
    mesh.rod((0, 0, 0.1), (0, 0, high), 0.013, steel)
    for turn in (0.0, math.pi / 2)[: rng.randint(1, 2)]:
        x, y = 0.12 * math.cos(turn), 0.12 * math.sin(turn)
        mesh.rod((-x, -y, high), (x, y, high), 0.006, steel)
        for side in (-1, 1):
            if rng.random() < 0.6:
                mesh.pillow((side * x, side * y, high - 0.16), (0.11, 0.04, 0.2), palette.light(rng), (0, 0, turn))
                mesh.rod((side * x, side * y, high - 0.26), (0.02, 0.02, 0.9), 0.003, palette.light(rng))
    if rng.random() < 0.5:
        mesh.box((0, -0.06, rng.uniform(0.9, 1.2)), (0.16, 0.12, 0.22), palette.plastic(rng), 0.015)


def overbed_table(mesh: MeshBuilder, rng: random.Random) -> None:
    """Table top on a column at one of its ends, above a foot on castors."""
    wide, deep, high, steel = rng.uniform(0.7, 0.9), rng.uniform(0.38, 0.48), rng.uniform(0.72, 1.0), palette.metal(rng)
    x = wide / 2 - 0.08
    for y in (-deep / 2 + 0.05, deep / 2 - 0.05):
        mesh.box((0, y, 0.06), (wide - 0.1, 0.05, 0.03), steel)
    castors(mesh, [(side * x, y) for side in (-1, 1) for y in (-deep / 2 + 0.05, deep / 2 - 0.05)], 0.03, rng)
    mesh.box((x, 0, 0.08), (0.05, deep - 0.05, 0.03), steel)
    mesh.box((x, 0, 0.1), (0.06, 0.06, high - 0.12), steel)
    mesh.box((0, 0, high - 0.025), (wide, deep, 0.025), palette.hard(rng), 0.01)


def trolley(mesh: MeshBuilder, rng: random.Random) -> None:
    """Trolley of shelves or drawers with a handle."""
    wide, deep, high = rng.uniform(0.45, 0.8), rng.uniform(0.38, 0.55), rng.uniform(0.75, 1.05)
    steel, front = palette.metal(rng), palette.plastic(rng) if rng.random() < 0.6 else palette.hard(rng)
    corners = [(x * (wide / 2 - 0.03), y * (deep / 2 - 0.03)) for x in (-1, 1) for y in (-1, 1)]
    castors(mesh, corners, 0.05, rng)
    for x, y in corners:
        mesh.rod((x, y, 0.08), (x, y, high), 0.014, steel)
    if rng.random() < 0.5:
        levels = np.linspace(0.14, high - 0.02, rng.randint(2, 4))
        for level in levels:
            mesh.box((0, 0, float(level)), (wide, deep, 0.02), front, 0.006)
    else:
        mesh.box((0, 0, 0.14), (wide - 0.02, deep - 0.02, high - 0.16), front, 0.015)
        count = rng.randint(3, 6)
        for i in range(count):
            level = 0.16 + (high - 0.2) * i / count
            mesh.box(
                (0, -deep / 2, level), (wide - 0.06, 0.015, (high - 0.2) / count - 0.015), palette.light(rng), 0.004
            )
            mesh.box((0, -deep / 2 - 0.015, level + 0.04), (0.15, 0.012, 0.015), steel)
        mesh.box((0, 0, high - 0.02), (wide, deep, 0.02), front, 0.006)
    mesh.rod((-wide / 2, 0, high - 0.1), (-wide / 2 - 0.1, 0, high + 0.03), 0.012, steel)


def bed_curtain(mesh: MeshBuilder, rng: random.Random) -> None:
    """Curtain on a rail that goes round a corner, drawn in part, down to a hand's width above the floor."""
    high, gap, steel, cover = rng.uniform(1.9, 2.3), rng.uniform(0.1, 0.35), palette.metal(rng), palette.cloth(rng)
    long, short = rng.uniform(0.8, 2.2), rng.uniform(0.4, 1.4)
    bends = [(0.0, 0.0), (long, 0.0), (long, -short)]
    for (x, y), (u, v) in pairwise(bends):
        mesh.rod((x, y, high), (u, v, high), 0.012, steel)
        share = rng.uniform(0.4, 1.0)
        end = (x + share * (u - x), y + share * (v - y), high - 0.01)
        mesh.drape((x, y, high - 0.01), end, high - gap, rng.randint(5, 14), rng.uniform(0.02, 0.06), cover)
    for x, y in bends:
        mesh.rod((x, y, 0), (x, y, high), 0.015, steel)


WARD = (
    make_family("hospital bed", 4, "wall", hospital_bed),
    make_family("drip stand", 40, "floor", drip_stand),
    make_family("overbed table", 7, "floor", overbed_table, True),
    make_family("trolley", 39, "floor", trolley, True),
    make_family("bed curtain", 16, "floor", bed_curtain),
)
