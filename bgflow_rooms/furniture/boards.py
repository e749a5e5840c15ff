# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Whiteboards and notice boards."""

from __future__ import annotations

import random

from bgflow_rooms.furniture.mesh_builder import MeshBuilder, make_family
from bgflow_rooms.materials import nodes as materials
from bgflow_rooms.materials import palette

__all__ = ["BOARDS"]


def whiteboard(mesh: MeshBuilder, rng: random.Random) -> None:
    """Whiteboard or blackboard with scribbles and a tray."""
    wide, high, black = rng.uniform(0.9, 2.4), rng.uniform(0.7, 1.2), rng.random() < 0.2
    rim = palette.metal(rng) if not black else palette.wood(rng)
    mesh.box((0, 0, 0), (wide, 0.03, high), rim, 0.004)
    mesh.box(
        (0, -0.003, 0.02), (wide - 0.04, 0.03, high - 0.04), materials.plain("#25352c" if black else "#f4f5f5", 0.2)
    )
    mesh.box((0, -0.04, -0.01), (wide * 0.6, 0.08, 0.015), rim)
    for _ in range(rng.randrange(8)):
        ink = materials.plain(
            rng.choice(("#1d4fa0", "#a02222", "#1c1c1c", "#1d7a3c") if not black else ("#e9e9e2", "#e3d48a"))
        )
        steps, x, z = rng.randint(3, 25), rng.uniform(-0.4, 0.3) * wide, rng.uniform(0.2, 0.85) * high
        path = []
        for i in range(steps):
            path.append(
                (x + 0.02 * i * (1 if x + 0.02 * i < wide * 0.45 else 0.02), -0.0185, z + rng.uniform(-0.025, 0.025))
            )
        mesh.tube(path, 0.003, ink, 4)


def notices(mesh: MeshBuilder, rng: random.Random) -> None:
    """Cork or felt board with papers pinned to it."""
    wide, high = rng.uniform(0.5, 1.5), rng.uniform(0.4, 1.0)
    mesh.box((0, 0, 0), (wide, 0.02, high), palette.hard(rng), 0.003)
    mesh.box(
        (0, -0.003, 0.02),
        (wide - 0.04, 0.02, high - 0.04),
        materials.cardboard() if rng.random() < 0.6 else palette.cloth(rng),
    )
    for i in range(rng.randint(3, 14)):
        w, h = rng.uniform(0.07, 0.22), rng.uniform(0.07, 0.3)
        h = min(h, high * 0.6)
        place = mesh.at(
            (rng.uniform(-0.5, 0.5) * (wide - w - 0.08), -0.014 - 0.001 * i, rng.uniform(0.04, high - h - 0.04)),
            (0, rng.uniform(-0.1, 0.1), 0),
        )
        place.box((0, 0, 0), (w, 0.001, h), rng.choice((palette.light, palette.plastic))(rng))
        place.ball((0, -0.004, h * 0.94), 0.007, palette.plastic(rng), 6)


BOARDS = (
    make_family("whiteboard", 30, "hung", whiteboard),
    make_family("notice board", 40, "hung", notices),
)
