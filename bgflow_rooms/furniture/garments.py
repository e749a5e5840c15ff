# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Clothes on stands and rails."""

from __future__ import annotations

import math
import random

import numpy as np

from bgflow_rooms.furniture.mesh_builder import TAU, MeshBuilder, make_family
from bgflow_rooms.materials import palette

__all__ = ["GARMENTS"]


def coat_stand(mesh: MeshBuilder, rng: random.Random) -> None:
    """Stand with hooks, coats and hats."""
    high, timber = rng.uniform(1.6, 1.9), palette.hard(rng, 2)
    mesh.rod((0, 0, 0.05), (0, 0, high), rng.uniform(0.012, 0.03), timber)
    for i in range(4):
        a = i * TAU / 4
        mesh.rod((0.28 * math.cos(a), 0.28 * math.sin(a), 0), (0, 0, 0.18), 0.018, timber)
    count = rng.randint(4, 8)
    for i in range(count):
        a, z = i * TAU / count, high - 0.05 - 0.12 * (i % 2)
        tip = (0.15 * math.cos(a), 0.15 * math.sin(a), z + 0.07)
        mesh.rod((0, 0, z - 0.03), tip, 0.01, timber)
        if rng.random() < 0.5:
            hanging(mesh.at(tip, (0, 0, a)), rng)


def hanging(mesh: MeshBuilder, rng: random.Random) -> None:
    """Coat or scarf that hangs from the origin."""
    wide, long, turns = rng.uniform(0.06, 0.16), rng.uniform(0.5, 1.1), np.linspace(0, TAU, 18, endpoint=False)
    rows = []
    for t in np.linspace(0, 1, 7):
        a = wide * (0.3 + min(0.7, 3 * t)) * (1 + 0.2 * t * np.sin(6 * turns))
        rows.append(np.stack([a * 0.6 * np.cos(turns), a * np.sin(turns), np.full(18, -long * t)], -1))
    mesh.sheet(np.stack(rows), palette.cloth(rng), closed=True)


def rail(mesh: MeshBuilder, rng: random.Random) -> None:
    """Clothes rail on wheels, full of clothes on hangers."""
    wide, high, metal = rng.uniform(0.8, 1.6), rng.uniform(1.4, 1.75), palette.metal(rng)
    for side in (-1, 1):
        x = side * wide / 2
        mesh.rod((x, 0, 0.05), (x, 0, high), 0.014, metal)
        mesh.rod((x, -0.22, 0.05), (x, 0.22, 0.05), 0.014, metal)
        for y in (-0.2, 0.2):
            mesh.ball((x, y, 0.025), 0.026, palette.dark(rng), 8)
    mesh.rod((-wide / 2, 0, high), (wide / 2, 0, high), 0.014, metal)
    x = -wide / 2 + 0.1
    while x < wide / 2 - 0.08:
        place, cover = mesh.at((x, 0, high), (0, 0, math.pi / 2 + rng.uniform(-0.2, 0.2))), palette.cloth(rng)
        long, half, thick = rng.uniform(0.5, 1.15), rng.uniform(0.18, 0.23), rng.uniform(0.02, 0.05)
        outline = [
            (-half, -0.12),
            (-half * 0.9, -long),
            (half * 0.9, -long),
            (half, -0.12),
            (0.05, -0.05),
            (-0.05, -0.05),
        ]
        place.at((0, thick / 2, 0), (math.pi / 2, 0, 0)).slab(outline, (0, 0, 0), thick, cover)
        place.arc((0, 0, -0.02), 0.025, 0.003, metal, (0, 4.5), (math.pi / 2, 0, 0))
        x += rng.uniform(0.06, 0.2)


GARMENTS = (
    make_family("coat stand", 39, "floor", coat_stand),
    make_family("clothes rail", 21, "floor", rail),
)
