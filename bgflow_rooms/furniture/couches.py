# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Sofas and armchairs."""

from __future__ import annotations

import math
import random
from typing import Any

from bgflow_rooms.furniture.mesh_builder import MeshBuilder, make_family
from bgflow_rooms.materials import palette

__all__ = ["COUCHES", "legs", "upholstery"]


def legs(
    mesh: MeshBuilder, rng: random.Random, size: tuple[float, float, float], material: Any, splay: float = 0.0
) -> None:
    """Four legs under a rectangle (x, y) of a height: round, square or tapered."""
    width, depth, height = size
    kind, r = rng.choice(("round", "square", "taper")), rng.uniform(0.012, 0.03)
    for sx in (-1, 1):
        for sy in (-1, 1):
            top = (sx * (width / 2 - r), sy * (depth / 2 - r), height)
            foot = (top[0] + sx * splay, top[1] + sy * splay, 0)
            if kind == "square":
                mesh.box((top[0], top[1], 0), (2 * r, 2 * r, height), material)
            else:
                mesh.rod(foot, top, r * (0.5 if kind == "taper" else 1), material, r)


def upholstery(rng: random.Random) -> Any:
    """Leather or cloth."""
    return palette.leather(rng) if rng.random() < 0.3 else palette.cloth(rng)


def couch(mesh: MeshBuilder, rng: random.Random, seats: int, corner: bool = False) -> None:
    """Sofa or armchair with a number of seats; it faces -y."""
    cover = upholstery(rng)
    seat = rng.uniform(0.55, 0.8)
    depth, arm = rng.uniform(0.75, 1.0), rng.uniform(0.08, 0.28)
    base, top, back = rng.uniform(0.06, 0.2), rng.uniform(0.36, 0.48), rng.uniform(0.65, 0.98)
    inner, thick, soft = seats * seat, rng.uniform(0.12, 0.26), rng.uniform(0.02, 0.09)
    whole, pad = inner + 2 * arm, rng.uniform(0.1, 0.2)
    mesh.box((0, 0, base), (whole, depth, top - pad - base + 0.02), cover, 0.03)
    mesh.box((0, depth / 2 - thick / 2, base), (whole, thick, back - base), cover, soft, 2)
    kind, rise = rng.choice(("box", "round", "roll", "none")), rng.uniform(0.5, 0.68)
    for side in (-1, 1):
        x = side * (whole - arm) / 2
        if kind in ("box", "round"):
            mesh.box((x, -0.01, base), (arm, depth, rise - base), cover, arm / 2 if kind == "round" else soft, 3)
        elif kind == "roll":
            mesh.box((x, -0.01, base), (arm * 0.8, depth, rise - base), cover, 0.02)
            mesh.rod((x, -depth / 2, rise), (x, depth / 2, rise), arm * 0.6, cover)
    for i in range(seats):
        x = (i - (seats - 1) / 2) * seat
        mesh.box((x, -thick / 2 - 0.01, top - pad), (seat * 0.985, depth - thick, pad), cover, min(pad / 2.5, 0.06), 3)
        if rng.random() < 0.8:
            height = back - top + rng.uniform(-0.05, 0.1)
            place = (x, depth / 2 - thick - 0.07, top + height / 2)
            mesh.pillow(place, (seat * 0.98, height, rng.uniform(0.16, 0.26)), cover, (1.35, 0, 0))
    if corner:
        side, reach = rng.choice((-1, 1)), rng.uniform(0.5, 0.9)
        x = side * (inner - seat) / 2
        mesh.box((x, -depth / 2 - reach / 2, base), (seat, reach, top - pad - base), cover, 0.03)
        mesh.box((x, -depth / 2 - reach / 2, top - pad), (seat * 0.98, reach, pad), cover, 0.05, 3)
    legs(mesh, rng, (whole * 0.95, depth * 0.92, base + 0.02), palette.hard(rng))
    for _ in range(rng.randrange(0, 2 + seats)):
        wide = rng.uniform(0.32, 0.5)
        place = (rng.uniform(-0.5, 0.5) * (inner - wide), depth / 2 - thick - 0.2, top + wide * 0.46)
        turn = (rng.uniform(0.9, 1.3), 0, rng.uniform(-0.5, 0.5))
        mesh.pillow(place, (wide, wide * rng.choice((1, 1, 0.7)), rng.uniform(0.1, 0.2)), palette.cloth(rng), turn)
    if rng.random() < 0.35:
        blanket(mesh, rng, rng.uniform(-0.4, 0.4) * inner, (depth, thick, top, back))


def blanket(mesh: MeshBuilder, rng: random.Random, x: float, frame: tuple[float, float, float, float]) -> None:
    """Blanket thrown over the back and the seat of a couch of a depth, back thickness, seat and back height."""
    depth, thick, top, back = frame
    wide = rng.uniform(0.3, 0.7)
    mesh.box((x, depth / 2 - thick / 2, back - 0.3), (wide, thick + 0.03, 0.31), palette.cloth(rng), 0.02, 2)
    if rng.random() < 0.5:
        mesh.box((x, -0.05, top - 0.05), (wide, depth - thick, 0.065), palette.cloth(rng), 0.02, 2)


def sofa(mesh: MeshBuilder, rng: random.Random) -> None:
    """Straight sofa."""
    couch(mesh, rng, rng.choice((2, 2, 3, 3, 4)))


def corner_sofa(mesh: MeshBuilder, rng: random.Random) -> None:
    """Sofa with a long chair at one end."""
    couch(mesh, rng, rng.choice((2, 3, 3, 4)), True)


def armchair(mesh: MeshBuilder, rng: random.Random) -> None:
    """One-seat couch, or a wooden easy chair with cushions, or a shell."""
    kind = rng.random()
    if kind < 0.55:
        couch(mesh, rng, 1)
    elif kind < 0.8:
        timber, cover, wide = palette.hard(rng), upholstery(rng), rng.uniform(0.55, 0.75)
        for side in (-1, 1):
            x = side * wide / 2
            mesh.rod((x, -0.36, 0), (x, -0.34, 0.58), 0.02, timber)
            mesh.rod((x, 0.38, 0), (x, 0.28, 0.58), 0.02, timber)
            mesh.box((x, -0.03, 0.57), (0.06, 0.75, 0.025), timber)
            mesh.rod((x, -0.34, 0.32), (x, 0.34, 0.22), 0.018, timber)
        mesh.box((0, -0.04, 0.3), (wide - 0.05, 0.68, rng.uniform(0.1, 0.18)), cover, 0.04, 2)
        tall = rng.uniform(0.5, 0.75)
        back = mesh.at((0, 0.26, 0.38), (-0.3, 0, 0))
        back.box((0, 0, 0), (wide - 0.05, rng.uniform(0.08, 0.15), tall), cover, 0.04, 2)
    else:
        shell(mesh, rng, rng.uniform(0.33, 0.42), upholstery(rng))


def shell(mesh: MeshBuilder, rng: random.Random, radius: float, cover: Any) -> None:
    """Tub chair: a round seat with a wall around its back."""
    seat, back = rng.uniform(0.36, 0.44), rng.uniform(0.68, 0.95)
    mesh.cylinder((0, 0, seat - 0.14), radius, 0.14, cover)
    steps = 17
    for i in range(steps):
        a = math.pi * (i / (steps - 1) * 1.3 - 0.15)
        tall = seat + (back - seat) * (0.4 + 0.6 * max(0.0, math.sin(a)) ** 0.7)
        spot = (radius * math.cos(a), radius * math.sin(a))
        mesh.capsule((*spot, seat - 0.1), (*spot, tall), 0.055, 0.05, cover)
    legs(mesh, rng, (radius * 1.3, radius * 1.3, seat - 0.12), palette.hard(rng), 0.04)


COUCHES = (
    make_family("sofa", 6, "wall", sofa),
    make_family("corner sofa", 6, "wall", corner_sofa),
    make_family("armchair", 5, "floor", armchair),
)
