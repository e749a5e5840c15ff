# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Pianos and guitars."""

from __future__ import annotations

import math
import random

from bgflow_rooms.furniture.mesh_builder import TAU, MeshBuilder, make_family
from bgflow_rooms.materials import nodes as materials
from bgflow_rooms.materials import palette

__all__ = ["INSTRUMENTS"]


def piano(mesh: MeshBuilder, rng: random.Random) -> None:
    """Upright piano with a stool, or a keyboard on a crossed stand."""
    ivory, black = palette.light(rng), materials.plain("#0c0c0d", 0.15, coat=0.6)
    wide = rng.uniform(1.0, 1.5)
    upright = rng.random() < 0.65
    body = (black if rng.random() < 0.5 else palette.hard(rng, 0)) if upright else palette.dark(rng)
    deep, high = rng.uniform(0.25, 0.35), rng.uniform(1.05, 1.3)
    if upright:
        mesh.box((0, -deep / 2, 0), (wide, deep, high), body, 0.01)
        mesh.box((0, -deep / 2, high), (wide + 0.04, deep + 0.03, 0.03), body, 0.006)
        mesh.box((0, -deep - 0.14, 0.6), (wide, 0.3, 0.09), body, 0.006)
        for side in (-1, 1):
            mesh.box((side * (wide / 2 - 0.05), -deep - 0.22, 0), (0.07, 0.08, 0.62), body)
            mesh.box((side * (wide / 2 - 0.03), -deep - 0.13, 0.69), (0.06, 0.3, 0.08), body, 0.01)
        for x in (-0.08, 0.0, 0.08):
            mesh.box((x, -deep - 0.04, 0.06), (0.035, 0.12, 0.012), palette.metal(rng))
        front = -deep - 0.15
    else:
        mesh.box((0, -0.2, 0.6), (wide, 0.32, 0.1), body, 0.012)
        for x in (-0.3, 0.3):
            mesh.rod((x - 0.25, -0.05, 0), (x + 0.25, -0.3, 0.6), 0.018, palette.metal(rng))
            mesh.rod((x + 0.25, -0.3, 0), (x - 0.25, -0.05, 0.6), 0.018, palette.metal(rng))
        front = -0.26
    keys = int((wide - 0.16) / 0.024)
    for i in range(keys):
        x = (i - (keys - 1) / 2) * 0.024
        mesh.box((x, front, 0.69), (0.022, 0.14, 0.014), ivory)
        if i % 7 not in (2, 6):
            mesh.box((x + 0.012, front + 0.03, 0.704), (0.012, 0.09, 0.01), black)


def guitar(mesh: MeshBuilder, rng: random.Random) -> None:
    """Guitar, bass, ukulele or cello that leans back on a stand."""
    size, timber, neck = rng.uniform(0.6, 1.15), palette.hard(rng), palette.wood(rng, 2)
    lean = mesh.at((0, 0, 0.06), (-rng.uniform(0.1, 0.3), rng.uniform(-0.1, 0.1), 0), size)
    waist, outline = rng.uniform(0.75, 0.95), []
    for i in range(28):
        a = i * TAU / 28
        y = 0.22 + 0.22 * math.sin(a)
        r = (0.185 - 0.05 * (y > 0.22) * waist) * (1 - (1 - waist) * 0.9 * math.exp(-(((y - 0.27) / 0.06) ** 2)))
        outline.append((r * math.copysign(abs(math.cos(a)) ** 0.8, math.cos(a)), y))
    body = lean.at((0, 0, 0), (math.pi / 2, 0, 0))
    body.slab(outline, (0, 0, 0), rng.uniform(0.04, 0.1), timber)
    body.slab([(x * 0.96, 0.22 + (y - 0.22) * 0.96) for x, y in outline], (0, 0, 0.1), 0.003, palette.hard(rng))
    body.cylinder((0, 0.26, 0.1035), 0.05, 0.001, palette.dark(rng))
    lean.box((0, -0.1, 0.38), (0.05, 0.03, 0.5), neck)
    lean.box((0, -0.1, 0.88), (0.075, 0.025, 0.13), timber)
    lean.box((0, -0.11, 0.1), (0.14, 0.02, 0.02), neck)
    for i in range(4):
        lean.rod((-0.015 + 0.01 * i, -0.118, 0.11), (-0.015 + 0.01 * i, -0.12, 0.95), 0.0012, palette.metal(rng))
    for side in (-1, 1):
        mesh.rod((side * 0.12, -0.12, 0.06), (side * 0.16, 0.12 + 0.1 * size, 0), 0.009, palette.dark(rng))
        mesh.rod((side * 0.12, -0.12, 0.06), (side * 0.16, -0.22, 0), 0.009, palette.dark(rng))
    mesh.rod((0, 0.02, 0.06), (0, 0.14 * size, 0.5 * size), 0.009, palette.dark(rng))


INSTRUMENTS = (
    make_family("piano", 39, "wall", piano),
    make_family("guitar", 40, "floor", guitar),
)
