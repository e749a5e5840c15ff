# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Building materials and tools left in rooms."""

from __future__ import annotations

import math
import random

from bgflow_rooms.furniture.mesh_builder import MeshBuilder, make_family
from bgflow_rooms.materials import palette

__all__ = ["BUILDING_SITE"]


def buckets(mesh: MeshBuilder, rng: random.Random) -> None:
    """Bucket and paint cans."""
    for i in range(rng.randint(1, 4)):
        r, high = rng.uniform(0.08, 0.16), rng.uniform(0.13, 0.32)
        x, y = 0.34 * i, rng.uniform(-0.1, 0.1)
        mesh.lathe(
            (x, y, 0),
            [
                (0, 0),
                (r * rng.uniform(0.75, 1), 0),
                (r, high),
                (r * 0.95, high),
                (r * 0.9, high * 0.7),
                (0, high * 0.7),
            ],
            rng.choice((palette.plastic, palette.metal))(rng),
        )
        mesh.arc((x, y, high), r, 0.004, palette.metal(rng), (0, math.pi), (rng.uniform(-0.6, 1.5), 0, 0))


def planks(mesh: MeshBuilder, rng: random.Random) -> None:
    """Pile of planks or pipes."""
    long, rows = rng.uniform(0.8, 2.0), rng.randint(2, 5)
    timber = [palette.wood(rng, 0) for _ in range(2)]
    for r in range(rows):
        for c in range(rng.randint(2, 4)):
            turn = (0, 0, rng.uniform(-0.03, 0.03))
            mesh.at((rng.uniform(-0.1, 0.1), 0.13 * c, 0.035 * r), turn).box(
                (0, 0, 0), (long * rng.uniform(0.8, 1), 0.11, 0.032), rng.choice(timber)
            )


def sawhorse(mesh: MeshBuilder, rng: random.Random) -> None:
    """Trestle of timber."""
    long, high, timber = rng.uniform(0.7, 1.2), rng.uniform(0.55, 0.85), palette.hard(rng, 0)
    mesh.box((0, 0, high - 0.1), (long, 0.06, 0.1), timber)
    for x in (-0.4, 0.4):
        for y in (-1, 1):
            mesh.rod((x * long * 1.1, y * 0.28, 0), (x * long, 0, high - 0.04), 0.025, timber)
        mesh.rod((x * long, -0.18, high * 0.35), (x * long, 0.18, high * 0.35), 0.015, timber)


def drum(mesh: MeshBuilder, rng: random.Random) -> None:
    """Cable drum, standing or lying."""
    r, wide, timber = rng.uniform(0.15, 0.4), rng.uniform(0.2, 0.5), palette.wood(rng)
    place = mesh if rng.random() < 0.5 else mesh.at((0, 0, 0), (math.pi / 2, 0, 0))
    for z in (0.0, wide):
        place.cylinder((0, 0, z), r, 0.03, timber, 28)
    cable = palette.plastic(rng)
    for i in range(6):
        place.ring((0, 0, 0.05 + (wide - 0.06) * (i + 0.5) / 6), r * 0.62, wide / 12, cable)


def sacks(mesh: MeshBuilder, rng: random.Random) -> None:
    """Sacks of plaster."""
    for i in range(rng.randint(1, 5)):
        mesh.box(
            (rng.uniform(-0.05, 0.05) + 0.3 * (i % 2), 0, 0.12 * (i // 2)),
            (0.3, 0.5, 0.13),
            palette.cloth(rng),
            0.05,
            3,
        )


BUILDING_SITE = (
    make_family("buckets", 40, "floor", buckets),
    make_family("planks", 40, "floor", planks),
    make_family("sawhorse", 39, "floor", sawhorse),
    make_family("cable drum", 40, "floor", drum),
    make_family("sacks", 37, "floor", sacks),
)
