# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Bicycles, wheelchairs, strollers and scooters, for the novel families only."""

from __future__ import annotations

import math
import random

from bgflow_rooms.furniture.mesh_builder import TAU, MeshBuilder, make_family
from bgflow_rooms.materials import palette

__all__ = ["VEHICLES"]

UPRIGHT = (0, math.pi / 2, 0)  # turns a flat ring so that it rolls along y


def wheel(mesh: MeshBuilder, rng: random.Random, at: tuple[float, float, float], radius: float, spokes: int) -> None:
    """Wheel about the x axis, with its middle at a point."""
    mesh.ring(at, radius * 0.94, max(0.01, radius * 0.06), palette.dark(rng), UPRIGHT)
    mesh.ring(at, radius * 0.85, 0.006, metal := palette.metal(rng), UPRIGHT)
    hub = mesh.at(at, UPRIGHT)
    hub.cylinder((0, 0, -0.03), 0.02, 0.06, metal, 10)
    for i in range(spokes):
        a = i * TAU / spokes
        hub.rod((0, 0, 0), (0.86 * radius * math.cos(a), 0.86 * radius * math.sin(a), 0), 0.0025, metal)


def bicycle(mesh: MeshBuilder, rng: random.Random) -> None:
    """Bicycle, long in y."""
    size = rng.choice((rng.uniform(0.55, 0.75), rng.uniform(0.9, 1.05)))
    body, paint, dark = (
        mesh.at((0, 0, 0), (0, rng.uniform(-0.1, 0.1), 0), size),
        palette.lacquer(rng),
        palette.dark(rng),
    )
    r, base = 0.34, 0.52
    for y in (-base, base):
        wheel(body, rng, (0, y, r), r, 14)
    crank, seat, head = (0, 0.08, 0.3), (0, 0.22, rng.uniform(0.7, 0.85)), (0, -0.36, 0.82)
    low = (0, -0.33, 0.7) if rng.random() < 0.7 else (0, -0.3, 0.55)
    for a, b in ((crank, seat), (crank, low), (seat, head if rng.random() < 0.7 else crank), (low, head)):
        body.rod(a, b, 0.018, paint)
    for x in (-0.045, 0.045):
        body.rod((x, base, r), (0, seat[1], seat[2] - 0.06), 0.009, paint)
        body.rod((x, base, r), crank, 0.009, paint)
        body.rod((x, -base, r), (x * 0.6, -0.37, 0.68), 0.012, paint)
    body.rod(seat, (0, 0.25, seat[2] + 0.12), 0.014, palette.metal(rng))
    body.at((0, 0.25, seat[2] + 0.14), scale=(1, 1.4, 0.5)).ball((0, 0, 0), 0.1, dark, 12)
    bar = [(-0.3, -0.2, 0.98), (-0.15, -0.34, 0.99), (0, -0.38, 0.95), (0.15, -0.34, 0.99), (0.3, -0.2, 0.98)]
    body.rod(head, (0, -0.38, 0.95), 0.014, palette.metal(rng))
    body.tube(bar, 0.012, palette.metal(rng))
    body.ring(crank, 0.09, 0.008, palette.metal(rng), UPRIGHT)
    for side in (-1, 1):
        body.rod((side * 0.05, 0.08, 0.3), (side * 0.07, 0.08 + side * 0.14, 0.3), 0.01, dark)
        body.box((side * 0.11, 0.08 + side * 0.15, 0.29), (0.09, 0.06, 0.02), dark)
    if rng.random() < 0.4:
        body.lathe(
            (0, -0.56, 0.72), [(0.1, 0), (0.16, 0.2), (0.15, 0.2), (0.09, 0.01), (0, 0.01)], palette.cloth(rng), 8
        )
    if rng.random() < 0.4:
        for y in (-base, base):
            body.arc((0, y, r), r * 1.07, 0.016, paint, (0.2, math.pi - 0.2), (math.pi / 2, 0, math.pi / 2))


def wheelchair(mesh: MeshBuilder, rng: random.Random) -> None:
    """Wheelchair that faces -y."""
    metal, cover, wide = palette.metal(rng), palette.cloth(rng), rng.uniform(0.42, 0.5)
    for side in (-1, 1):
        x = side * wide / 2
        wheel(mesh, rng, (x + side * 0.05, 0.12, 0.3), 0.3, 10)
        mesh.ring((x + side * 0.09, 0.12, 0.3), 0.26, 0.008, metal, UPRIGHT)
        wheel(mesh, rng, (x, -0.32, 0.09), 0.09, 5)
        mesh.tube(
            [(x, 0.36, 0.92), (x, 0.24, 0.9), (x, 0.22, 0.48), (x, -0.25, 0.48), (x, -0.33, 0.3), (x, -0.5, 0.12)],
            0.012,
            metal,
        )
        mesh.tube([(x, 0.22, 0.68), (x, -0.18, 0.68), (x, -0.2, 0.3), (x, 0.22, 0.3)], 0.011, metal)
        mesh.box((x, 0.02, 0.69), (0.05, 0.3, 0.03), palette.dark(rng), 0.01)
        mesh.box((x * 0.55, -0.53, 0.1), (wide * 0.38, 0.14, 0.015), palette.dark(rng))
    mesh.box((0, -0.02, 0.47), (wide, 0.46, 0.06), cover, 0.02, 2)
    mesh.at((0, 0.23, 0.52), (-0.05, 0, 0)).box((0, 0, 0), (wide, 0.025, 0.4), cover, 0.01)


def stroller(mesh: MeshBuilder, rng: random.Random) -> None:
    """Stroller with a hood."""
    metal, cover, wide, r = palette.metal(rng), palette.cloth(rng), rng.uniform(0.4, 0.5), rng.uniform(0.09, 0.16)
    for side in (-1, 1):
        x = side * wide / 2
        for y in (-0.38, 0.34):
            wheel(mesh, rng, (x, y, r), r, 6)
        mesh.rod((x, -0.38, r), (x, 0.45, 0.95), 0.013, metal)
        mesh.rod((x, 0.34, r), (x, -0.05, 0.5), 0.013, metal)
    mesh.rod((-wide / 2, 0.45, 0.95), (wide / 2, 0.45, 0.95), 0.018, palette.dark(rng))
    mesh.at((0, 0, 0.42), (0.15, 0, 0)).box((0, -0.1, 0), (wide * 0.9, 0.4, 0.07), cover, 0.025, 2)
    mesh.at((0, 0.1, 0.45), (-0.45, 0, 0)).box((0, 0, 0), (wide * 0.9, 0.06, 0.5), cover, 0.025, 2)
    hood = mesh.at((0, 0.22, 0.72), (0, math.pi / 2, 0))
    count, reach = 5, rng.uniform(1.2, 2.2)
    for i in range(count):
        a = math.pi / 2 + 2.6 + reach * (i / count - 0.5) * -1
        b = a - reach / count
        p, q = ((0.36 * math.cos(t), 0.36 * math.sin(t)) for t in (a, b))
        half = wide * 0.47
        hood.add(
            [(*p, -half), (*p, half), (*q, half), (*q, -half), (0, 0, -half), (0, 0, half)],
            [(0, 1, 2, 3), (0, 3, 4), (1, 2, 5)],
            cover,
        )
    mesh.box((0, 0.05, 0.2), (wide * 0.8, 0.4, 0.14), palette.cloth(rng), 0.03, 2)


def scooter(mesh: MeshBuilder, rng: random.Random) -> None:
    """Kick scooter, or a skateboard."""
    paint, metal, dark = palette.lacquer(rng), palette.metal(rng), palette.dark(rng)
    if rng.random() < 0.35:
        mesh.box((0, 0, 0.08), (0.2, 0.8, 0.015), paint, 0.007)
        for y in (-0.26, 0.26):
            for side in (-1, 1):
                mesh.rod((side * 0.06, y, 0.03), (side * 0.1, y, 0.03), 0.03, palette.plastic(rng))
            mesh.box((0, y, 0.03), (0.14, 0.05, 0.05), metal)
        return
    r, high = rng.uniform(0.06, 0.11), rng.uniform(0.7, 1.05)
    for y in (-0.42, 0.42):
        mesh.rod((-0.02, y, r), (0.02, y, r), r, dark)
    mesh.box((0, 0.06, r), (0.13, 0.62, 0.025), paint, 0.01)
    mesh.rod((0, -0.42, r + 0.03), (0, -0.32, high), 0.018, paint)
    mesh.rod((-0.24, -0.32, high), (0.24, -0.32, high), 0.014, metal)
    mesh.box((0, -0.35, r), (0.06, 0.16, 0.05), paint)
    for side in (-1, 1):
        mesh.rod((side * 0.16, -0.32, high), (side * 0.26, -0.32, high), 0.02, dark)


VEHICLES = (
    make_family("bicycle", 40, "floor", bicycle),
    make_family("wheelchair", 39, "floor", wheelchair),
    make_family("stroller", 39, "floor", stroller),
    make_family("scooter", 40, "floor", scooter),
)
