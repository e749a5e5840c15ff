# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Beds and cots."""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np

from bgflow_rooms.furniture.mesh_builder import MeshBuilder, make_family
from bgflow_rooms.materials import palette

__all__ = ["BEDS", "bedding"]


def quilt(mesh: MeshBuilder, rng: random.Random, size: tuple[float, float], z: float, material: Any) -> None:
    """Rumpled duvet of a width and length that hangs over both sides of a mattress whose top is at z."""
    wide, long = size
    u, v = np.linspace(-1, 1, 22), np.linspace(0, 1, 22)
    x, y = np.meshgrid(u, v, indexing="ij")
    a, b, c = (rng.uniform(0, 6) for _ in range(3))
    lump = 0.02 * np.sin(9 * x + a + 3 * y) + 0.02 * np.sin(11 * y + b) * np.cos(5 * x + c) + 0.05
    over = np.clip(np.abs(x) - 0.88, 0, None) / 0.12
    drop = over * rng.uniform(0.08, 0.22)
    points = np.stack(
        [np.sign(x) * np.minimum(np.abs(x), 0.9) * (wide / 2 + 0.035) / 0.9, -y * long, z + lump - drop], -1
    )
    mesh.sheet(points, material)
    edge = mesh.at((0, 0, 0))
    edge.box((0, -0.09, z + 0.02), (wide * 0.98, 0.18, 0.06), palette.cloth(rng), 0.025, 2)


def bedding(mesh: MeshBuilder, rng: random.Random, wide: float, long: float, z: float) -> None:
    """Mattress whose foot is at z and its head at y=0, with duvet, pillows and sometimes a throw."""
    thick = rng.uniform(0.14, 0.26)
    mesh.box((0, -long / 2, z), (wide, long, thick), palette.light(rng), 0.04, 2)
    z += thick
    case = palette.cloth(rng)
    cover = case if rng.random() < 0.4 else palette.cloth(rng)
    if rng.random() < 0.88:
        start = rng.uniform(0.4, 0.65)
        quilt(mesh.at((0, -start, 0), (0, 0, rng.uniform(-0.04, 0.04))), rng, (wide, long - start + 0.02), z, cover)
    across = 2 if wide > 1.25 else 1
    for i in range(across):
        for row in range(rng.choice((1, 1, 2))):
            x = (i - (across - 1) / 2) * wide / 2 + rng.uniform(-0.04, 0.04)
            lean = rng.uniform(0.1, 0.9)
            size = (min(0.75, wide / across * 0.9), rng.uniform(0.38, 0.5), rng.uniform(0.12, 0.22))
            place = (x, -0.24 - 0.16 * row, z + 0.08 + 0.2 * math.sin(lean))
            mesh.pillow(place, size, case, (lean, 0, rng.uniform(-0.15, 0.15)))
    if rng.random() < 0.3:
        mesh.box(
            (0, -long * rng.uniform(0.75, 0.9), z - 0.04),
            (wide + 0.1, rng.uniform(0.25, 0.6), 0.12),
            palette.cloth(rng),
            0.03,
            2,
        )
    for _ in range(rng.choice((0, 0, 1, 2))):
        edge = rng.uniform(0.3, 0.45)
        place = (rng.uniform(-0.3, 0.3) * wide, -rng.uniform(0.5, 0.7), z + 0.2)
        mesh.pillow(place, (edge, edge, 0.14), palette.cloth(rng), (rng.uniform(0.4, 1), 0, rng.uniform(-0.3, 0.3)))


def board(mesh: MeshBuilder, rng: random.Random, wide: float, high: float, timber: Any) -> None:
    """Head or foot board that stands at y=0: a panel, padding, bars, planks or a curved plate."""
    kind = rng.choice(("panel", "padded", "bars", "planks", "curve", "buttons"))
    if kind == "panel":
        mesh.box((0, 0, 0), (wide, 0.05, high), timber, 0.012)
    elif kind == "padded":
        mesh.box((0, -0.02, 0.05), (wide, rng.uniform(0.07, 0.13), high), palette.cloth(rng), 0.03, 2)
    elif kind == "buttons":
        count, cover = rng.randint(3, 7), palette.leather(rng)
        for i in range(count):
            mesh.box(((i + 0.5) / count * wide - wide / 2, 0, 0.1), (wide / count, 0.1, high - 0.1), cover, 0.035, 2)
    elif kind == "curve":
        arc = [(wide / 2 * math.cos(a), high * (0.7 + 0.3 * math.sin(a))) for a in np.linspace(0, math.pi, 15)]
        mesh.at((0, 0.02, 0), (math.pi / 2, 0, 0)).slab([(wide / 2, 0), *arc, (-wide / 2, 0)], (0, 0, 0), 0.04, timber)
    else:
        bar = palette.metal(rng) if kind == "bars" else timber
        count = rng.randint(5, 11) if kind == "bars" else rng.randint(2, 4)
        for side in (-1, 1):
            mesh.rod((side * wide / 2, 0, 0), (side * wide / 2, 0, high), 0.024, bar)
            mesh.ball((side * wide / 2, 0, high), 0.035, bar, 10)
        for i in range(count):
            x = ((i + 0.5) / count - 0.5) * wide
            if kind == "bars":
                mesh.rod((x, 0, 0.2), (x, 0, high * 0.92), 0.009, bar)
            else:
                mesh.box((0, 0, high * (i + 0.8) / (count + 0.5)), (wide, 0.025, high / count * 0.4), bar, 0.005)
        mesh.rod((-wide / 2, 0, high * 0.92), (wide / 2, 0, high * 0.92), 0.018, bar)


def bed(mesh: MeshBuilder, rng: random.Random, wide: float) -> None:
    """Bed of a given width with its head at the wall."""
    long, low, timber = rng.uniform(1.9, 2.1), rng.uniform(0.1, 0.4), palette.hard(rng)
    mesh.box((0, -long / 2 - 0.03, max(0.02, low - 0.2)), (wide + 0.06, long + 0.06, min(0.2, low)), timber, 0.01)
    for sx in (-1, 1):
        for y in (-0.08, -long + 0.05):
            mesh.box((sx * wide * 0.46, y, 0), (0.06, 0.06, low), timber)
    if rng.random() < 0.85:
        board(mesh.at((0, 0.03, 0)), rng, wide + 0.08, rng.uniform(0.7, 1.25), timber)
    if rng.random() < 0.35:
        board(mesh.at((0, -long - 0.08, 0)), rng, wide + 0.08, low + rng.uniform(0.2, 0.4), timber)
    bedding(mesh.at((0, -0.02, 0)), rng, wide, long, low)


def single(mesh: MeshBuilder, rng: random.Random) -> None:
    """Bed for one."""
    bed(mesh, rng, rng.uniform(0.8, 1.15))


def double(mesh: MeshBuilder, rng: random.Random) -> None:
    """Bed for two."""
    bed(mesh, rng, rng.uniform(1.35, 1.95))


def bunk(mesh: MeshBuilder, rng: random.Random) -> None:
    """Two beds, one above the other, with a ladder."""
    wide, long, timber = rng.uniform(0.85, 1.0), rng.uniform(1.85, 2.05), palette.hard(rng, 2)
    low, up, high = rng.uniform(0.2, 0.35), rng.uniform(1.05, 1.3), rng.uniform(1.6, 1.85)
    for y in (0.0, -long):
        for side in (-1, 1):
            mesh.box((side * wide / 2, y, 0), (0.06, 0.06, high), timber)
        for z in (low + 0.3, up + 0.2, high - 0.1):
            mesh.box((0, y, z), (wide, 0.025, 0.08), timber)
    for z in (low, up):
        mesh.box((0, -long / 2, z - 0.12), (wide, long, 0.13), timber)
        bedding(mesh.at((0, -0.03, 0)), rng, wide - 0.06, long - 0.06, z)
    for side in (-1, 1):
        mesh.box(
            (side * wide / 2, -long / 2 + 0.2 * side, high - 0.12),
            (0.025, long - (0 if side < 0 else 0.4), 0.09),
            timber,
        )
    for y in (-long + 0.06, -long + 0.42):
        mesh.rod((wide / 2 + 0.06, y, 0), (wide / 2 + 0.04, y, high), 0.018, timber)
    for i in range(5):
        z = (i + 1) * high / 6
        mesh.rod((wide / 2 + 0.05, -long + 0.06, z), (wide / 2 + 0.05, -long + 0.42, z), 0.014, timber)


def cot(mesh: MeshBuilder, rng: random.Random) -> None:
    """Baby's bed with bars all round."""
    wide, long, high, timber = (
        rng.uniform(0.55, 0.75),
        rng.uniform(1.0, 1.4),
        rng.uniform(0.8, 1.0),
        palette.hard(rng, 2),
    )
    bottom, count = rng.uniform(0.2, 0.45), rng.randint(7, 13)
    for side in (-1, 1):
        x = side * wide / 2
        for z in (bottom - 0.05, high - 0.05):
            mesh.box((x, -long / 2, z), (0.03, long, 0.05), timber, 0.008)
        for i in range(count):
            y = -(i + 0.5) / count * long
            mesh.rod((x, y, bottom), (x, y, high - 0.04), 0.007, timber)
    for y in (0.0, -long):
        mesh.box((0, y, bottom - 0.1), (wide + 0.04, 0.03, high + rng.uniform(0.02, 0.12) - bottom + 0.1), timber, 0.01)
        for side in (-1, 1):
            mesh.box((side * wide * 0.48, y, 0), (0.05, 0.05, high), timber)
    bedding(mesh, rng, wide - 0.04, long - 0.04, bottom - 0.02)


BEDS = (
    make_family("single bed", 4, "wall", single),
    make_family("double bed", 4, "wall", double),
    make_family("bunk bed", 4, "wall", bunk),
    make_family("cot", 4, "wall", cot),
)
