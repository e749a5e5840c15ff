# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Household appliances: fans, heaters, vacuum cleaners, ironing boards, ladders."""

from __future__ import annotations

import math
import random

import numpy as np

from bgflow_rooms.furniture.mesh_builder import TAU, MeshBuilder, make_family
from bgflow_rooms.materials import palette

__all__ = ["HOUSEHOLD"]


def fan(mesh: MeshBuilder, rng: random.Random) -> None:
    """Electric fan on a stand."""
    high, r, body = (
        rng.uniform(0.3, 1.2),
        rng.uniform(0.15, 0.24),
        rng.choice((palette.light, palette.dark, palette.metal, palette.lacquer))(rng),
    )
    mesh.lathe((0, 0, 0), [(0, 0), (0.2, 0), (0.19, 0.03), (0.03, 0.05)], body)
    mesh.rod((0, 0, 0.03), (0, 0, high), 0.016, body)
    head = mesh.at((0, 0, high), (math.pi / 2 + rng.uniform(-0.3, 0.2), 0, 0))
    head.lathe((0, 0, -0.13), [(0, 0), (0.06, 0.01), (0.07, 0.13)], body, 14)
    blade = palette.plastic(rng)
    for i in range(rng.randint(3, 5)):
        head.at((0, 0, 0.04), (0.4, 0, i * TAU / 4 + 0.3)).box((r * 0.5, 0, 0), (r * 0.8, r * 0.5, 0.004), blade, 0.001)
    for z, reach in ((0.0, 0.97), (0.05, 1.0), (0.1, 0.7), (0.11, 0.35)):
        head.ring((0, 0, z), r * reach, 0.004, body)
    for i in range(14):
        a = i * TAU / 14
        x, y = math.cos(a), math.sin(a)
        head.tube(
            [(0, 0, 0.115), (0.7 * r * x, 0.7 * r * y, 0.1), (r * x, r * y, 0.05), (0.9 * r * x, 0.9 * r * y, -0.01)],
            0.0025,
            body,
            4,
        )


def heater(mesh: MeshBuilder, rng: random.Random) -> None:
    """Oil heater on wheels or a small fan heater."""
    body, count, high = (
        rng.choice((palette.light, palette.dark, palette.lacquer))(rng),
        rng.randint(5, 11),
        rng.uniform(0.5, 0.65),
    )
    for i in range(count):
        mesh.box((0.06 * (i - count / 2), 0, 0.06), (0.035, 0.15, high - 0.06), body, 0.017, 2)
    mesh.box((0.06 * count / 2 + 0.03, 0, 0.06), (0.09, 0.16, high), palette.dark(rng), 0.015)
    for x in (-0.06 * (count / 2 - 1), 0.06 * (count / 2 - 1)):
        mesh.rod((x, -0.13, 0.03), (x, 0.13, 0.03), 0.03, palette.dark(rng))
        mesh.rod((x, 0, 0.03), (x, 0, 0.1), 0.015, body)


def vacuum(mesh: MeshBuilder, rng: random.Random) -> None:
    """Vacuum cleaner with hose and tube."""
    body, black = palette.lacquer(rng), palette.dark(rng)
    mesh.ball((0, 0, 0.14), (0.24, 0.15, 0.14), body, 16)
    for y in (-0.14, 0.14):
        mesh.at((-0.1, y, 0.09), (math.pi / 2, 0, 0)).cylinder((0, 0, -0.015), 0.09, 0.03, black)
    hose = [(0.2 + 0.3 * t, 0.25 * math.sin(3 * t), 0.18 + 0.65 * t * t) for t in np.linspace(0, 1, 12)]
    mesh.tube(hose, 0.02, black)
    mesh.rod(hose[-1], (0.75, 0.35, 0.03), 0.015, palette.metal(rng))
    mesh.box((0.77, 0.35, 0), (0.1, 0.28, 0.035), black, 0.01)


def ironing(mesh: MeshBuilder, rng: random.Random) -> None:
    """Ironing board or a clothes airer with washing."""
    metal, high = palette.metal(rng), rng.uniform(0.75, 0.95)
    if rng.random() < 0.5:
        outline = [(-0.6, -0.17), (0.3, -0.17), (0.55, -0.1), (0.66, 0), (0.55, 0.1), (0.3, 0.17), (-0.6, 0.17)]
        mesh.slab(outline, (0, 0, high), 0.03, palette.cloth(rng))
        for y in (-0.12, 0.12):
            mesh.rod((-0.45, y, 0), (0.3, y * 0.4, high), 0.012, metal)
            mesh.rod((0.45, y, 0), (-0.3, y * 0.4, high), 0.012, metal)
        return
    wide = rng.uniform(0.8, 1.2)
    for side in (-1, 1):
        x = side * wide / 2
        mesh.rod((x, -0.3, 0), (x, 0.25, high), 0.01, metal)
        mesh.rod((x, 0.3, 0), (x, -0.25, high), 0.01, metal)
    for i in range(7):
        y = (i - 3) * 0.083
        mesh.rod((-wide / 2, y, high), (wide / 2, y, high), 0.005, metal)
        if rng.random() < 0.6:
            w, long = rng.uniform(0.2, 0.5), rng.uniform(0.25, 0.65)
            x = rng.uniform(-0.5, 0.5) * (wide - w)
            mesh.drape(
                (x - w / 2, y + 0.006, high + 0.01),
                (x + w / 2, y + 0.006, high + 0.01),
                long,
                3,
                0.008,
                palette.cloth(rng),
            )


def ladder(mesh: MeshBuilder, rng: random.Random) -> None:
    """Step ladder."""
    steps, metal = rng.randint(2, 7), palette.metal(rng) if rng.random() < 0.6 else palette.hard(rng, 2)
    high = 0.25 * (steps + 0.5)
    for side in (-1, 1):
        mesh.rod((side * 0.25, -0.2 * high, 0), (side * 0.18, 0.1, high), 0.02, metal)
        mesh.rod((side * 0.25, 0.1 + 0.35 * high, 0), (side * 0.18, 0.12, high), 0.016, metal)
    for i in range(steps):
        t = (i + 1) * 0.25 / high
        mesh.box((0, -0.2 * high * (1 - t) + 0.1 * t, t * high), (0.46 - 0.1 * t, 0.09, 0.025), metal)
    mesh.box((0, 0.1, high), (0.38, 0.22, 0.03), palette.plastic(rng), 0.01)


HOUSEHOLD = (
    make_family("fan", 40, "floor", fan),
    make_family("heater", 40, "floor", heater),
    make_family("vacuum cleaner", 40, "floor", vacuum),
    make_family("ironing and airing", 40, "floor", ironing),
    make_family("step ladder", 39, "floor", ladder),
)
