# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Tents and sculptures, for the novel families only."""

from __future__ import annotations

import math
import random

import numpy as np

from bgflow_rooms.furniture.mesh_builder import TAU, MeshBuilder, make_family
from bgflow_rooms.materials import palette

__all__ = ["SCULPTURES"]


def tent(mesh: MeshBuilder, rng: random.Random) -> None:
    """Dome, ridge tent or play tepee."""
    cover, second, kind = palette.cloth(rng), palette.cloth(rng), rng.choice(("dome", "ridge", "tepee"))
    wide, high = rng.uniform(1.0, 1.7), rng.uniform(0.9, 1.4)
    if kind == "dome":
        turns = np.linspace(0, TAU, 24, endpoint=False)
        rows = [
            np.stack(
                [(0.5 + 0.06 * np.cos(4 * turns)) * wide * math.cos(t) * f(turns) for f in (np.cos, np.sin)]
                + [np.full(24, high * math.sin(t))],
                -1,
            )
            for t in np.linspace(0, math.pi / 2, 8)
        ]
        mesh.sheet(np.stack(rows), cover, closed=True)
        mesh.tube(
            [
                (0.18 * wide * x, -0.56 * wide * math.cos(z), high * math.sin(z))
                for x, z in ((-1, 0), (-0.8, 0.4), (0, 0.7), (0.8, 0.4), (1, 0))
            ],
            0.02,
            second,
        )
    elif kind == "ridge":
        half, long = wide / 2, wide * rng.uniform(0.9, 1.3)
        for side in (-1, 1):
            mesh.add(
                [(side * half, -long / 2, 0), (0, -long / 2, high), (0, long / 2, high), (side * half, long / 2, 0)],
                [(0, 1, 2, 3)],
                cover,
            )
        mesh.add([(-half, long / 2, 0), (0, long / 2, high), (half, long / 2, 0)], [(0, 1, 2)], second)
        mesh.add([(-half, -long / 2, 0), (0, -long / 2, high), (-half * 0.3, -long / 2 - 0.05, 0)], [(0, 1, 2)], second)
        mesh.add([(half, -long / 2, 0), (0, -long / 2, high), (half * 0.3, -long / 2 - 0.05, 0)], [(0, 1, 2)], second)
    else:
        count, stick, high = rng.choice((4, 5, 6)), palette.wood(rng, 2), high * 1.3
        corners = [
            (wide / 2 * math.cos(i * TAU / count - 1), wide / 2 * math.sin(i * TAU / count - 1), 0)
            for i in range(count)
        ]
        for i, (x, y, _) in enumerate(corners):
            mesh.rod((x, y, 0), (-x * 0.15, -y * 0.15, high * 1.15), 0.018, stick)
            if i:
                mesh.add([corners[i - 1], corners[i], (0, 0, high)], [(0, 1, 2)], cover if i % 2 else second)


def sculpture(mesh: MeshBuilder, rng: random.Random) -> None:
    """Torus knot, lump, stack of pebbles, or twisted column, on a plinth or not."""
    skin = rng.choice((palette.metal, palette.lacquer, palette.cloth, palette.wood, palette.light))(rng)
    size, kind, z = rng.uniform(0.15, 0.5), rng.choice(("knot", "lump", "pebbles", "twist", "spiral")), 0.0
    if rng.random() < 0.5:
        z = rng.uniform(0.2, 0.9)
        mesh.box((0, 0, 0), (size, size, z), palette.hard(rng), 0.005)
    place = mesh.at((0, 0, z), (0, 0, rng.uniform(0, 6)), size)
    if kind == "knot":
        p, q = rng.choice(((2, 3), (3, 2), (2, 5), (3, 4), (1, 3)))
        t = np.linspace(0, TAU, 120)
        r = 0.7 + 0.28 * np.cos(q * t)
        path = np.stack([r * np.cos(p * t), 0.33 * np.sin(q * t), 1.1 + r * np.sin(p * t)], -1)
        place.tube(path, rng.uniform(0.06, 0.14), skin, 10)
    elif kind == "lump":
        u, v = np.meshgrid(np.linspace(0, math.pi, 28), np.linspace(0, TAU, 40, endpoint=False), indexing="ij")
        way = np.stack([np.sin(u) * np.cos(v), np.sin(u) * np.sin(v), -np.cos(u)], -1)
        swell = np.full(u.shape, 0.7)
        for _ in range(5):
            axis = np.array([rng.gauss(0, 1) for _ in range(3)])
            swell += rng.uniform(0.06, 0.16) * np.sin((way @ axis) * rng.uniform(1, 2.5) + rng.uniform(0, 6))
        place.sheet(way * swell[..., None] * np.array([1, 1, rng.uniform(0.8, 1.6)]) + (0, 0, 0.9), skin, closed=True)
    elif kind == "pebbles":
        top = 0.0
        for i in range(rng.randint(3, 6)):
            a = 0.8 * 0.8**i
            place.ball((rng.uniform(-0.1, 0.1), 0, top + a * 0.5), (a, a * rng.uniform(0.7, 1), a * 0.55), skin, 16)
            top += a
    elif kind == "twist":
        turns, rows, lobes = np.linspace(0, TAU, 32, endpoint=False), [], rng.randint(2, 5)
        for t in np.linspace(0, 1, 36):
            r = (0.4 + 0.15 * math.sin(5 * t)) * (1 + 0.3 * np.cos(lobes * (turns + 3 * t)))
            rows.append(np.stack([r * np.cos(turns), r * np.sin(turns), np.full(32, 3 * t)], -1))
        place.sheet(np.stack([rows[0] * (0, 0, 1), *rows, rows[-1] * (0, 0, 1)]), skin, closed=True)
    else:
        t = np.linspace(0, 1, 90)
        path = np.stack([(1 - 0.8 * t) * np.cos(22 * t), (1 - 0.8 * t) * np.sin(22 * t), 2.4 * t], -1)
        place.tube(path, 0.09, skin, 8)


SCULPTURES = (
    make_family("tent", 38, "floor", tent),
    make_family("sculpture", 40, "floor", sculpture),
)
