# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Bathroom furniture."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import numpy as np

from bgflow_rooms.furniture.kitchen import tap
from bgflow_rooms.furniture.mesh_builder import TAU, MeshBuilder, make_family
from bgflow_rooms.furniture.tables import drawers
from bgflow_rooms.materials import nodes as materials
from bgflow_rooms.materials import palette

__all__ = ["BATH"]


def oval(mesh: MeshBuilder, rings: Sequence[Sequence[float]], material: Any, power: float = 1.0) -> None:
    """Body through ellipses of half width, half depth, shift in y and height; a low power makes them boxy."""
    turns = np.linspace(0, TAU, 28, endpoint=False)
    x, y = (np.sign(f(turns)) * np.abs(f(turns)) ** power for f in (np.cos, np.sin))
    points = [np.stack([a * x, b * y + shift, np.full(28, z)], -1) for a, b, shift, z in rings]
    mesh.sheet(np.stack(points), material, closed=True)


def ceramic(rng: random.Random) -> Any:
    """White, rarely tinted glaze."""
    return palette.light(rng) if rng.random() < 0.85 else palette.lacquer(rng)


def toilet(mesh: MeshBuilder, rng: random.Random) -> None:
    """Toilet with a cistern, with its lid shut or up."""
    glaze, high = ceramic(rng), rng.uniform(0.37, 0.43)
    lid = glaze if rng.random() < 0.7 else palette.hard(rng)
    a, b = rng.uniform(0.17, 0.2), rng.uniform(0.22, 0.27)
    foot = rng.choice((0.0, 0.0, 0.1))
    oval(
        mesh,
        [
            (0, 0, 0.05, foot),
            (0.11, 0.22, 0.05, foot),
            (0.1, 0.18, 0.05, 0.2),
            (a * 0.95, b * 0.95, 0, high - 0.05),
            (a, b, 0, high),
            (a * 0.75, b * 0.75, 0, high),
            (a * 0.5, b * 0.5, 0, high - 0.15),
            (0, 0, 0, high - 0.17),
        ],
        glaze,
    )
    mesh.box((0, b, high * 0.4), (0.2, 0.16, high * 0.55), glaze, 0.02)
    shut = [
        (0, 0, 0, 0),
        (a * 1.02, b * 1.02, 0, 0),
        (a * 1.02, b * 1.02, 0, 0.025),
        (a * 0.9, b * 0.9, 0, 0.035),
        (0, 0, 0, 0.035),
    ]
    if rng.random() < 0.6:
        oval(mesh.at((0, 0, high)), shut, lid)
    else:
        oval(mesh.at((0, b - 0.06, high + b), (-1.5, 0, 0)), shut, lid)
        oval(mesh, [(a, b, 0, high), (a, b, 0, high + 0.02), (a * 0.7, b * 0.7, 0, high + 0.02)], lid)
    if rng.random() < 0.8:
        tall = rng.uniform(0.3, 0.42)
        mesh.box((0, b + 0.1, high), (rng.uniform(0.34, 0.42), 0.17, tall), glaze, 0.025, 2)
        mesh.cylinder((0, b + 0.1, high + tall), 0.025, 0.01, palette.metal(rng), 12)


def basin(mesh: MeshBuilder, rng: random.Random) -> None:
    """Washbasin on a pedestal, on a cabinet or on a board."""
    glaze, high, power = ceramic(rng), rng.uniform(0.8, 0.9), rng.choice((1.0, 0.6, 0.35))
    a, b, deep = rng.uniform(0.22, 0.35), rng.uniform(0.19, 0.25), rng.uniform(0.1, 0.16)
    bowl = [
        (0, 0, 0, high - deep),
        (a * 0.5, b * 0.5, 0, high - deep),
        (a, b, 0, high - 0.03),
        (a, b, 0, high),
        (a * 0.85, b * 0.8, -0.02, high),
        (a * 0.4, b * 0.4, 0, high - deep + 0.02),
        (0, 0, 0, high - deep + 0.02),
    ]
    oval(mesh, bowl, glaze, power)
    kind = rng.choice(("pedestal", "cabinet", "board"))
    if kind == "pedestal":
        mesh.lathe((0, 0.05, 0), [(0.13, 0), (0.09, 0.1), (0.07, 0.4), (0.11, high - deep + 0.03)], glaze)
        mesh.box((0, b, high - 0.12), (a * 1.5, 0.06, 0.12), glaze, 0.02)
    elif kind == "cabinet":
        wide, body, low = max(2 * a, rng.uniform(0.5, 0.9)), palette.hard(rng), rng.choice((0.0, 0.1, 0.3))
        mesh.box((0, 0.01, low), (wide, 2 * b, high - deep * 0.5 - low), body, 0.005)
        drawers(
            mesh.at((0, 0.01 - b, low)),
            rng,
            (wide * 0.97, 0, high - deep * 0.5 - low - 0.02),
            (2, rng.choice((1, 1, 2))),
            body,
        )
        mesh.box((0, 0.02, high - deep * 0.5), (wide + 0.02, 2 * b + 0.03, 0.02), palette.hard(rng))
    else:
        body = palette.hard(rng, 0)
        mesh.box((0, 0.02, high - deep - 0.04), (rng.uniform(0.7, 1.2), 0.5, 0.04), body)
        for x in (-0.3, 0.3):
            mesh.box((x, 0.02, 0), (0.04, 0.44, high - deep - 0.04), body)
    tap(mesh.at((0, b - 0.01, high - 0.01)), rng, palette.metal(rng))


def tub(mesh: MeshBuilder, rng: random.Random) -> None:
    """Bathtub: free-standing and oval, or boxed in; long in x."""
    glaze, high = ceramic(rng), rng.uniform(0.5, 0.65)
    a, b, power = rng.uniform(0.7, 0.9), rng.uniform(0.34, 0.42), rng.choice((1.0, 0.5, 0.3))
    inside = [(a * 1.0, b, 0, high), (a * 0.92, b * 0.86, 0, high), (a * 0.75, b * 0.65, 0, 0.15), (0, 0, 0, 0.14)]
    if rng.random() < 0.5:
        outside = [
            (0, 0, 0, 0.03),
            (a * 0.78, b * 0.75, 0, 0.03),
            (a * 0.95, b * 0.95, 0, high * 0.7),
            (a * 1.03, b * 1.06, 0, high - 0.01),
        ]
        oval(mesh, outside + inside, glaze if rng.random() < 0.7 else palette.lacquer(rng), power)
        for x in (-0.6, 0.6):
            for y in (-0.5, 0.5):
                mesh.ball((x * a, y * b, 0.03), (0.04, 0.04, 0.05), palette.metal(rng), 8)
    else:
        panel = palette.hard(rng, 0) if rng.random() < 0.4 else glaze
        for side in (-1, 1):
            mesh.box((0, side * (b + 0.02), 0), (2 * a + 0.12, 0.05, high), panel)
            mesh.box((side * (a + 0.04), 0, 0), (0.05, 2 * b, high), panel)
        oval(mesh, [(a + 0.06, b + 0.045, 0, high - 0.03), (a + 0.06, b + 0.045, 0, high + 0.003), *inside], glaze, 0.3)
    tap(mesh.at((a * 0.9, b * 0.5, high)), rng, palette.metal(rng))
    if rng.random() < 0.5:
        mesh.box(
            (0, -b - 0.005, high - rng.uniform(0.2, 0.4)), (rng.uniform(0.3, 0.5), 0.1, 0.42), palette.cloth(rng), 0.02
        )


def shower(mesh: MeshBuilder, rng: random.Random) -> None:
    """Shower curtain on a bar."""
    wide, high = rng.uniform(0.9, 1.7), rng.uniform(1.85, 2.1)
    mesh.rod((-wide / 2, 0, high), (wide / 2, 0, high), 0.012, palette.metal(rng))
    drawn = rng.uniform(0.4, 1.0)
    start, way = (-wide / 2, 1) if rng.random() < 0.5 else (wide / 2, -1)
    mesh.drape(
        (start, 0, high - 0.01),
        (start + way * wide * drawn, 0, high - 0.01),
        high - rng.uniform(0.05, 0.3),
        rng.randint(5, 14),
        rng.uniform(0.02, 0.06),
        palette.cloth(rng),
    )


def rail(mesh: MeshBuilder, rng: random.Random) -> None:
    """Towel rack that stands on the floor."""
    wide, high, metal = rng.uniform(0.45, 0.8), rng.uniform(0.75, 1.1), rng.choice((palette.metal, palette.hard))(rng)
    for side in (-1, 1):
        mesh.tube(
            [(side * wide / 2, -0.15, 0.012), (side * wide / 2, 0, high), (side * wide / 2, 0.15, 0.012)], 0.012, metal
        )
    for i, z in enumerate((high, high * 0.75, high * 0.5)):
        y = -0.15 * (1 - z / high) * (-1 if i == 1 else 1)
        mesh.rod((-wide / 2, y, z), (wide / 2, y, z), 0.01, metal)
        if rng.random() < 0.75:
            part = wide * rng.uniform(0.4, 0.9)
            x = rng.uniform(-0.5, 0.5) * (wide - part)
            long = rng.uniform(0.25, 0.45) * high
            for y2 in (y - 0.016, y + 0.016):
                mesh.box(
                    (x, y2, z - long * rng.uniform(0.8, 1)), (part, 0.012, long), cloth := palette.cloth(rng), 0.004
                )
            mesh.box((x, y, z), (part, 0.044, 0.018), cloth, 0.008)


def scale(mesh: MeshBuilder, rng: random.Random) -> None:
    """Bathroom scale."""
    mesh.box(
        (0, 0, 0),
        (0.3, rng.uniform(0.26, 0.34), 0.035),
        rng.choice((palette.plastic, palette.dark, palette.light))(rng),
        0.015,
        2,
    )
    mesh.box((0, 0.1, 0.035), (0.1, 0.04, 0.002), materials.plain("#9fb09a", 0.2))


def rolls(mesh: MeshBuilder, rng: random.Random) -> None:
    """Paper rolls stacked."""
    white = palette.light(rng)
    for i in range(rng.randint(1, 5)):
        place = mesh.at((0.12 * (i % 3) if i > 2 else 0, 0, 0.101 * (i % 3)))
        place.lathe((0, 0, 0), [(0.02, 0), (0.055, 0), (0.055, 0.1), (0.02, 0.1), (0.02, 0)], white)


BATH = (
    make_family("toilet", 33, "wall", toilet),
    make_family("washbasin", 34, "wall", basin),
    make_family("bathtub", 36, "wall", tub),
    make_family("shower curtain", 28, "floor", shower),
    make_family("towel rack", 27, "floor", rail),
    make_family("scale", 40, "floor", scale),
    make_family("paper rolls", 40, "surface", rolls),
)
