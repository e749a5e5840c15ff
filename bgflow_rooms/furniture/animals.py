# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Dogs and cats, for the novel families only."""

from __future__ import annotations

import random
from typing import Any

from bgflow_rooms.furniture.mesh_builder import MeshBuilder, make_family
from bgflow_rooms.materials import nodes as materials
from bgflow_rooms.materials import palette

__all__ = ["ANIMALS"]


def fur(rng: random.Random) -> Any:
    """Coat of one colour, or spotted or striped."""
    shades = [
        rng.choice(("#1a1613", "#3c2a1c", "#7a5230", "#b98a55", "#dcc7a2", "#efece6", "#8a8a88", "#c06a2c"))
        for _ in range(2)
    ]
    return materials.plain(shades[0], 0.9) if rng.random() < 0.6 else palette.pattern(rng, shades)


def head(mesh: MeshBuilder, rng: random.Random, coat: Any, snout: float, ears: float) -> None:
    """Head around the origin that faces -y: snout length, ears that stand (positive) or hang."""
    dark = palette.dark(rng)
    mesh.ball((0, 0, 0), (0.085, 0.095, 0.085), coat, 14)
    mesh.capsule((0, -0.06, -0.025), (0, -0.07 - snout, -0.035), 0.05, 0.035, coat)
    mesh.ball((0, -0.105 - snout, -0.025), 0.018, dark, 6)
    for side in (-1, 1):
        mesh.ball((side * 0.04, -0.08, 0.03), 0.013, dark, 6)
        tip = (side * (0.06 if ears > 0 else 0.1), 0.01, 0.06 + ears)
        mesh.capsule((side * 0.05, 0.01, 0.06), tip, 0.028, 0.01 if ears > 0 else 0.03, coat)


def animal(mesh: MeshBuilder, rng: random.Random, size: float, snout: float, ears: float) -> None:
    """Four-legged animal that stands, sits or lies; `size` is its shoulder height in metres."""
    coat, pose, belly = fur(rng), rng.choice(("stand", "stand", "sit", "lie")), rng.uniform(0.13, 0.2)
    body = mesh.at((0, 0, 0), scale=size)
    high = {"stand": 0.8, "sit": 0.62, "lie": belly}[pose]
    front, rear = (0, -0.4, high), (0, 0.4, high if pose != "sit" else belly)
    body.capsule(front, rear, belly * 1.08, belly, coat)
    neck = (rng.uniform(-0.1, 0.1), -0.6, high + rng.uniform(0.2, 0.4))
    body.capsule((0, -0.4, high + 0.03), neck, belly * 0.75, belly * 0.6, coat)
    scale = rng.uniform(1.6, 2.4)
    head(body.at(neck, (rng.uniform(-0.3, 0.3), 0, rng.uniform(-0.8, 0.8)), scale), rng, coat, snout, ears)
    for side in (-1, 1):
        x = side * belly * 0.6
        if pose == "lie":
            body.capsule((x, -0.4, belly * 0.6), (x, -0.75, 0.06), 0.08, 0.055, coat)
            body.capsule((side * belly, 0.35, belly * 0.7), (side * belly * 1.3, 0.1, 0.06), 0.12, 0.055, coat)
            continue
        swing = rng.uniform(-0.15, 0.15)
        body.capsule((x, -0.4, high), (x, -0.4 + swing * 0.4, high * 0.45), 0.09, 0.06, coat)
        body.capsule((x, -0.4 + swing * 0.4, high * 0.45), (x, -0.42 + swing, 0.05), 0.06, 0.05, coat)
        if pose == "sit":
            body.capsule((side * belly, 0.35, belly), (side * belly * 1.1, 0.05, 0.12), 0.13, 0.08, coat)
            body.capsule((side * belly * 1.1, 0.1, 0.06), (side * belly, -0.12, 0.05), 0.06, 0.05, coat)
        else:
            body.capsule((x, 0.4, high), (x, 0.46 + swing * 0.4, high * 0.45), 0.11, 0.06, coat)
            body.capsule((x, 0.46 + swing * 0.4, high * 0.45), (x, 0.4 + swing, 0.05), 0.06, 0.05, coat)
    curl, z = rng.uniform(-0.5, 0.5), rear[2]
    tail = [
        (0, 0.45, z + 0.05),
        (curl * 0.2, 0.65, z + rng.uniform(0, 0.2)),
        (curl * 0.5, 0.8, z + rng.uniform(0, 0.45)),
        (curl, 0.85, z + rng.uniform(0.1, 0.6)),
    ]
    body.tube([(x, y, max(0.06, z)) for x, y, z in tail], [0.06, 0.05, 0.045, 0.02], coat)
    if rng.random() < 0.4:
        body.ring((0, -0.49, high + 0.13), belly * 0.72, 0.02, palette.plastic(rng), (0.8, 0, 0))


def dog(mesh: MeshBuilder, rng: random.Random) -> None:
    """Dog of any size."""
    animal(mesh, rng, rng.uniform(0.3, 0.75), rng.uniform(0.03, 0.11), rng.choice((-0.1, -0.06, 0.05, 0.08)))


def cat(mesh: MeshBuilder, rng: random.Random) -> None:
    """Cat."""
    animal(mesh, rng, rng.uniform(0.28, 0.36), 0.012, rng.uniform(0.04, 0.06))


ANIMALS = (make_family("dog", 40, "floor", dog), make_family("cat", 40, "floor", cat))
