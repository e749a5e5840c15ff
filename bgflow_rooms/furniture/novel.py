# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Held-out families, which no training room contains: people, animals, vehicles, balls, robots, tents, sculptures."""

from __future__ import annotations

import itertools
import math
import random

import numpy as np

from bgflow_rooms.furniture.animals import ANIMALS
from bgflow_rooms.furniture.mesh_builder import TAU, MeshBuilder, make_family
from bgflow_rooms.furniture.people import PEOPLE
from bgflow_rooms.furniture.sculptures import SCULPTURES
from bgflow_rooms.furniture.vehicles import VEHICLES
from bgflow_rooms.materials import nodes as materials
from bgflow_rooms.materials import palette

__all__ = ["NOVEL_FAMILIES"]


def ball(mesh: MeshBuilder, rng: random.Random) -> None:
    """Striped, checked or spotted ball."""
    shades = [palette.color(rng) for _ in range(rng.randint(2, 6))]
    skin = materials.gores(*shades) if rng.random() < 0.6 else palette.pattern(rng, shades)
    r = rng.uniform(0.08, 0.4)
    mesh.at((0, 0, r), (rng.uniform(0, 3), rng.uniform(0, 3), 0)).ball((0, 0, 0), r, skin, 28)


def drone(mesh: MeshBuilder, rng: random.Random) -> None:
    """Drone: a hull with arms, rings and rotors; stands on its skids."""
    shell, dark, reach = palette.lacquer(rng), palette.dark(rng), rng.uniform(0.16, 0.34)
    count, r = rng.choice((3, 4, 4, 6)), rng.uniform(0.09, 0.14)
    mesh.ball((0, 0, 0.16), (rng.uniform(0.08, 0.14), rng.uniform(0.07, 0.12), rng.uniform(0.04, 0.12)), shell, 16)
    mesh.ball((0, -0.1, 0.13), 0.035, dark, 10)
    mesh.ball((0, -0.13, 0.13), 0.014, materials.glow(palette.color(rng), 3.0), 8)
    guard = rng.random() < 0.6
    for i in range(count):
        a = (i + 0.5) * TAU / count
        x, y = reach * math.cos(a), reach * math.sin(a)
        mesh.rod((0, 0, 0.17), (x, y, 0.18), 0.013, dark)
        mesh.cylinder((x, y, 0.16), 0.022, 0.06, dark, 10)
        if guard:
            mesh.ring((x, y, 0.2), r, 0.011, shell)
        for k in range(rng.choice((2, 3))):
            mesh.at((x, y, 0.222), (0.25, 0, k * math.pi + a)).box((r * 0.48, 0, 0), (r * 0.9, 0.02, 0.003), dark)
    for side in (-1, 1):
        mesh.rod((side * 0.1, -0.12, 0.01), (side * 0.1, 0.12, 0.01), 0.008, dark)
        for y in (-0.06, 0.06):
            mesh.rod((side * 0.1, y, 0.01), (side * 0.05, y, 0.15), 0.007, dark)


def robot(mesh: MeshBuilder, rng: random.Random) -> None:
    """Robot on wheels with a mast, screen or arm."""
    shell, second, dark = palette.lacquer(rng), palette.lacquer(rng), palette.dark(rng)
    r, low = rng.uniform(0.16, 0.3), rng.uniform(0.1, 0.35)
    if rng.random() < 0.5:
        mesh.lathe((0, 0, 0.04), [(0, 0), (r, 0), (r, low), (r * 0.7, low + 0.05), (0, low + 0.06)], shell, 24)
    else:
        mesh.box((0, 0, 0.06), (1.5 * r, 2 * r, low), shell, 0.04, 2)
    for side in (-1, 1):
        mesh.rod((side * r * 0.8, 0, 0.08), (side * (r * 0.8 + 0.06), 0, 0.08), 0.08, dark)
        for y in (-0.7, 0.7):
            mesh.ball((side * r * 0.4, y * r, 0.03), 0.03, dark, 8)
    kind, top = rng.choice(("mast", "arm", "person", "puck")), low + 0.08
    if kind == "mast":
        high = rng.uniform(0.5, 1.2)
        mesh.rod((0, 0.05, low), (0, 0.05, high), 0.025, palette.metal(rng))
        mesh.at((0, 0, high - 0.05), (0.2, 0, 0)).box((0, 0, 0), (0.3, 0.03, 0.22), dark, 0.01)
        mesh.box((0, -0.016, high - 0.02), (0.26, 0.01, 0.16), materials.glow(palette.color(rng), 0.8))
    elif kind == "arm":
        joints = [
            (0, 0, top),
            (0, 0, top + 0.15),
            (rng.uniform(-0.2, 0.2), -0.1, top + 0.5),
            (rng.uniform(-0.3, 0.3), -0.5, top + rng.uniform(0.1, 0.6)),
        ]
        for a, b in itertools.pairwise(joints):
            mesh.capsule(a, b, 0.05, 0.04, second)
            mesh.ball(a, 0.06, dark, 10)
        x, y, z = joints[-1]
        for side in (-1, 1):
            mesh.box((x + side * 0.04, y - 0.06, z - 0.02), (0.015, 0.12, 0.04), dark)
    elif kind == "person":
        mesh.capsule((0, 0, top), (0, 0, top + 0.6), rng.uniform(0.12, 0.2), 0.12, second)
        mesh.ball((0, 0, top + 0.8), (0.14, 0.13, 0.12), shell, 14)
        for side in (-1, 1):
            mesh.ball((side * 0.05, -0.115, top + 0.82), 0.025, materials.glow(palette.color(rng), 2.0), 8)
            mesh.capsule((side * 0.18, 0, top + 0.5), (side * 0.28, -0.2, top + 0.25), 0.045, 0.035, shell)
    else:
        mesh.cylinder((0, 0, low), 0.06, 0.12, dark)


def cone(mesh: MeshBuilder, rng: random.Random) -> None:
    """Traffic cones."""
    body, band = materials.plain(rng.choice(("#f2621b", "#e8e02a", "#d3322a", "#3fae49")), 0.5), palette.light(rng)
    z = 0.0
    for _ in range(rng.choice((1, 1, 3))):
        high, r = rng.uniform(0.45, 0.75), rng.uniform(0.11, 0.16)
        mesh.box((0, 0, z), (2.6 * r, 2.6 * r, 0.03), body if rng.random() < 0.5 else palette.dark(rng), 0.01)
        cuts = [0.03, 0.35, 0.55, 0.7, 0.85, 1.0]
        for i, (a, b) in enumerate(itertools.pairwise(cuts)):
            mesh.lathe(
                (0, 0, z), [(r * (1 - 0.8 * a), a * high), (r * (1 - 0.8 * b), b * high)], band if i % 2 else body
            )
        z += 0.09


def balloons(mesh: MeshBuilder, rng: random.Random) -> None:
    """Bunch of balloons tied to a weight."""
    mesh.box((0, 0, 0), (0.08, 0.08, 0.06), palette.lacquer(rng), 0.01)
    for i in range(rng.randint(2, 8)):
        a, spread, high, r = i * 2.4, rng.uniform(0.05, 0.35), rng.uniform(0.9, 1.7), rng.uniform(0.11, 0.17)
        x, y = spread * math.cos(a), spread * math.sin(a)
        skin = materials.plain(palette.tone(rng.random(), rng.uniform(0.4, 0.95), rng.uniform(0.6, 1)), 0.12, coat=0.6)
        mesh.lathe(
            (x, y, high),
            [
                (0, 0),
                (0.02, 0),
                (0.008, 0.025),
                (r * 0.5, 0.08),
                (r * 0.9, r * 1.0),
                (r, r * 1.4),
                (r * 0.85, r * 1.95),
                (r * 0.5, r * 2.3),
                (0, r * 2.45),
            ],
            skin,
            16,
        )
        mesh.tube([(0, 0, 0.06), (x * 0.3, y * 0.3, high * 0.5), (x, y, high)], 0.0025, palette.light(rng), 4)


def umbrella(mesh: MeshBuilder, rng: random.Random) -> None:
    """Open umbrella that lies on its rim, or a parasol on a foot."""
    r, count, cover = rng.uniform(0.4, 0.65), rng.randint(6, 10), palette.cloth(rng)
    parasol = rng.random() < 0.4
    turns, rows = np.linspace(0, TAU, 4 * count, endpoint=False), []
    for t in np.linspace(0, 1, 6):
        sag = 1 - 0.08 * t * np.abs(np.sin(turns * count / 2))
        rows.append(
            np.stack(
                [r * t * sag * np.cos(turns), r * t * sag * np.sin(turns), 0.35 * r * (1 - t * t) * np.ones(4 * count)],
                -1,
            )
        )
    place = (
        mesh.at((0, 0, rng.uniform(1.4, 1.9)))
        if parasol
        else mesh.at((0, 0, 0.3), (rng.uniform(0.9, 1.5), 0, rng.uniform(0, 6)))
    )
    place.sheet(np.stack(rows), cover, closed=True)
    metal = palette.metal(rng)
    for i in range(count):
        a = i * TAU / count
        place.tube(
            [
                (0, 0, 0.34 * r),
                (0.5 * r * math.cos(a), 0.5 * r * math.sin(a), 0.25 * r),
                (r * math.cos(a), r * math.sin(a), 0),
            ],
            0.004,
            metal,
            5,
        )
    if parasol:
        mesh.rod((0, 0, 0), (0, 0, 2.0), 0.02, metal)
        mesh.cylinder((0, 0, 0), 0.22, 0.06, palette.dark(rng))
        return
    place.rod((0, 0, 0.4 * r), (0, 0, -0.5), 0.007, metal)
    place.arc((0.04, 0, -0.5), 0.04, 0.012, palette.wood(rng), (0, -math.pi), (math.pi / 2, 0, 0))


NOVEL_FAMILIES = (
    *PEOPLE,
    *ANIMALS,
    *VEHICLES,
    *SCULPTURES,
    make_family("striped ball", 40, "floor", ball),
    make_family("drone", 40, "floor", drone),
    make_family("robot", 40, "floor", robot),
    make_family("traffic cone", 40, "floor", cone),
    make_family("balloons", 40, "floor", balloons),
    make_family("umbrella", 40, "floor", umbrella),
)
