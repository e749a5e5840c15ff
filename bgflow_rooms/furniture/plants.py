# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""House plants and flowers."""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np

from bgflow_rooms.furniture.mesh_builder import TAU, MeshBuilder, make_family
from bgflow_rooms.materials import nodes as materials
from bgflow_rooms.materials import palette

__all__ = ["PLANTS", "pot"]


def pot(mesh: MeshBuilder, rng: random.Random, radius: float) -> float:
    """Pot, box or basket with earth; returns the height of the earth."""
    high, kind = radius * rng.uniform(1.0, 2.4), rng.choice(("cone", "round", "box", "legs"))
    clay = rng.choice((palette.lacquer, palette.plastic, palette.cloth, lambda r: materials.plain("#b06a48", 0.8)))(rng)
    if kind == "box":
        mesh.box((0, 0, 0), (2 * radius, 2 * radius, high), clay, 0.006)
        mesh.box((0, 0, high), (1.8 * radius, 1.8 * radius, 0.004), materials.plain("#33261c", 0.95))
        return high
    lift = 0.15 if kind == "legs" and radius > 0.08 else 0.0
    if lift:
        for i in range(4):
            x, y = radius * math.cos(i * TAU / 4 + 0.8), radius * math.sin(i * TAU / 4 + 0.8)
            mesh.rod((x, y, 0), (x, y, lift + high * 0.4), 0.012, palette.wood(rng, 2))
    belly = rng.uniform(0.7, 1.25) if kind == "round" else 0.85
    curve = [
        (0, 0),
        (radius * 0.7, 0),
        (radius * belly, high * 0.5),
        (radius, high),
        (radius * 0.9, high),
        (radius * 0.86, high * 0.9),
    ]
    mesh.lathe((0, 0, lift), curve, clay)
    mesh.cylinder((0, 0, lift + high * 0.88), radius * 0.87, 0.005, materials.plain("#33261c", 0.95))
    return lift + high * 0.89


def bush(mesh: MeshBuilder, rng: random.Random) -> None:
    """Long leaves from the middle: palm, dracaena, spider plant."""
    z, green, stem = (
        pot(mesh, rng, rng.uniform(0.12, 0.24)),
        [palette.greens(rng) for _ in range(2)],
        rng.uniform(0, 0.9),
    )
    count, long, wide = rng.randint(18, 50), rng.uniform(0.25, 0.65), rng.uniform(0.02, 0.1)
    if stem > 0.1:
        mesh.rod((0, 0, z), (0.01, 0, z + stem), rng.uniform(0.01, 0.03), materials.plain("#5b4a34", 0.9))
    for i in range(count):
        root = (rng.gauss(0, 0.02), rng.gauss(0, 0.02), z + stem * (i / count) ** 0.3)
        mesh.leaf(
            root,
            i * 2.4,
            rng.uniform(0.3, 1.35),
            (long * rng.uniform(0.6, 1.1), wide),
            green[i % 2],
            rng.uniform(0.6, 1.9),
        )


def swords(mesh: MeshBuilder, rng: random.Random) -> None:
    """Upright blades: snake plant, grass."""
    r = rng.uniform(0.08, 0.18)
    z, green, long = pot(mesh, rng, r), [palette.greens(rng) for _ in range(2)], rng.uniform(0.3, 0.9)
    wide = rng.uniform(0.01, 0.07)
    for i in range(int(rng.uniform(8, 28))):
        a = i * 2.4
        root = (0.6 * r * math.cos(a) * rng.random(), 0.6 * r * math.sin(a) * rng.random(), z)
        mesh.leaf(
            root, a, rng.uniform(1.25, 1.5), (long * rng.uniform(0.5, 1), wide), green[i % 2], rng.uniform(0, 0.5)
        )


def tree(mesh: MeshBuilder, rng: random.Random) -> None:
    """Trunk with a crown of many small leaves: fig, olive, citrus, rubber plant."""
    z, green = pot(mesh, rng, rng.uniform(0.15, 0.26)), [palette.greens(rng) for _ in range(2)]
    high, crown, leaf = rng.uniform(0.5, 1.3), rng.uniform(0.2, 0.45), rng.uniform(0.02, 0.07)
    bark = materials.plain(rng.choice(("#5b4a34", "#7a6a55", "#3b2c20")), 0.9)
    for _ in range(rng.randint(1, 3)):
        lean = (rng.gauss(0, 0.08), rng.gauss(0, 0.08))
        mesh.tube(
            [(0, 0, z - 0.02), (lean[0], lean[1], z + high * 0.5), (lean[0] * 0.5, lean[1], z + high)],
            [0.02, 0.015, 0.01],
            bark,
        )
    for tint in green:
        mesh.at((0, 0, z + high)).add(*cloud(rng, int(rng.uniform(150, 450)), crown, leaf), tint)


def cloud(rng: random.Random, count: int, radius: float, leaf: float) -> tuple[Any, Any]:
    """Leaves scattered in a ball of a radius."""
    dice = np.random.default_rng(rng.randrange(2**32))
    middle = dice.normal(size=(count, 3))
    middle *= radius * dice.random((count, 1)) ** 0.4 / np.linalg.norm(middle, axis=1, keepdims=True)
    side, up = dice.normal(0, leaf, (2, count, 3))
    points = np.stack([middle - side, middle - up * 0.5, middle + side, middle + up * 0.5], 1)
    return points, [tuple(range(4 * i, 4 * i + 4)) for i in range(count)]


def cactus(mesh: MeshBuilder, rng: random.Random) -> None:
    """Cactus: a ribbed column with arms, or a ball."""
    r = rng.uniform(0.05, 0.16)
    z, green, high, ribs = pot(mesh, rng, r), palette.greens(rng), rng.uniform(1.5, 7) * r, rng.randint(7, 13)
    turns = np.linspace(0, TAU, 3 * ribs, endpoint=False)
    rows = []
    for t in np.linspace(0, 1, 12):
        w = r * 0.62 * math.sqrt(max(0.0, 1 - (max(0.0, t - 0.75) / 0.25) ** 2)) * (1 + 0.14 * np.cos(ribs * turns))
        rows.append(np.stack([w * np.cos(turns), w * np.sin(turns), np.full(len(turns), z - 0.01 + high * t)], -1))
    mesh.sheet(np.stack(rows), green, closed=True)
    for _ in range(rng.randrange(3) if high > 3 * r else 0):
        a, start = rng.uniform(0, TAU), z + high * rng.uniform(0.3, 0.6)
        out = (1.5 * r * math.cos(a), 1.5 * r * math.sin(a))
        mesh.capsule((0, 0, start), (*out, start + 0.2 * r), 0.3 * r, 0.3 * r, green)
        mesh.capsule((*out, start + 0.2 * r), (*out, start + high * 0.35), 0.3 * r, 0.26 * r, green)
    if rng.random() < 0.4:
        mesh.ball((0, 0, z + high), r * 0.2, palette.plastic(rng), 8)


def flowers(mesh: MeshBuilder, rng: random.Random) -> None:
    """Cut flowers in a vase."""
    r, high, glaze = rng.uniform(0.035, 0.08), rng.uniform(0.12, 0.35), palette.lacquer(rng)
    curve = [
        (0, 0),
        (r * rng.uniform(0.5, 1), 0),
        (r * rng.uniform(0.7, 1.3), high * 0.4),
        (r * rng.uniform(0.35, 0.8), high * 0.8),
        (r * 0.75, high),
    ]
    mesh.lathe((0, 0, 0), curve, glaze)
    green, kinds = palette.greens(rng), [palette.plastic(rng) for _ in range(rng.randint(1, 3))]
    heart, size, shape = palette.plastic(rng), rng.uniform(0.015, 0.045), rng.choice(("ball", "star", "cup"))
    for i in range(rng.randint(3, 16)):
        a, spread, long = i * 2.4, rng.uniform(0, 0.14), rng.uniform(0.1, 0.3)
        tip = (spread * math.cos(a), spread * math.sin(a), high + long)
        mesh.rod((0, 0, high * 0.5), tip, 0.003, green)
        mesh.leaf((tip[0] * 0.5, tip[1] * 0.5, high + long * 0.4), a, 0.8, (0.1, 0.03), green)
        petal = rng.choice(kinds)
        if shape == "ball":
            mesh.ball(tip, (size, size, size * 0.8), petal, 8)
        elif shape == "cup":
            mesh.lathe(tip, [(0, -size), (size * 0.8, -size * 0.3), (size, size), (size * 0.7, size * 0.8)], petal, 8)
        else:
            mesh.ball(tip, size * 0.4, heart, 6)
            for k in range(6):
                mesh.leaf(tip, k * TAU / 6, 0.5, (size * 1.6, size), petal, 0.8)


def hanging(mesh: MeshBuilder, rng: random.Random) -> None:
    """Plant in a pot that hangs from the ceiling, its shoots trailing down."""
    drop, r = rng.uniform(0.4, 0.9), rng.uniform(0.09, 0.16)
    mesh.lathe((0, 0, -drop - r), [(0, 0), (r * 0.7, 0), (r, r), (r * 0.9, r), (0, r * 0.9)], palette.lacquer(rng))
    for i in range(3):
        mesh.rod((0, 0, 0), (r * math.cos(i * TAU / 3), r * math.sin(i * TAU / 3), -drop), 0.003, palette.dark(rng))
    green = palette.greens(rng)
    for i in range(rng.randint(5, 11)):
        a, long = i * 2.4, rng.uniform(0.15, 0.7)
        for k in range(int(long / 0.06) + 1):
            reach = r * (0.8 + 0.5 * min(1, k / 3))
            mesh.leaf(
                (reach * math.cos(a), reach * math.sin(a), -drop - 0.06 * k + 0.04),
                a + rng.uniform(-1.5, 1.5),
                0.3,
                (0.09, 0.06),
                green,
            )


PLANTS = (
    make_family("leafy plant", 40, "floor", bush),
    make_family("upright plant", 40, "floor", swords),
    make_family("small tree", 40, "floor", tree),
    make_family("cactus", 40, "surface", cactus),
    make_family("flowers", 40, "surface", flowers),
    make_family("hanging plant", 40, "ceiling", hanging),
)
