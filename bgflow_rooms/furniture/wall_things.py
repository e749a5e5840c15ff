# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Objects that hang on walls."""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np

from bgflow_rooms.furniture.mesh_builder import TAU, MeshBuilder, make_family
from bgflow_rooms.furniture.storage import fill
from bgflow_rooms.materials import nodes as materials
from bgflow_rooms.materials import palette

__all__ = ["WALL_THINGS"]


def print_of(rng: random.Random) -> Any:
    """Surface of a picture: washes of colour, a pattern or cloth-like print."""
    shades = [palette.color(rng) for _ in range(rng.randint(3, 6))]
    return materials.canvas(rng.uniform(0, 90), *shades) if rng.random() < 0.5 else palette.pattern(rng, shades)


def motif(mesh: MeshBuilder, rng: random.Random, wide: float, high: float) -> None:
    """Flat shapes on a picture plane at y=0 that ends at z=0 and is centred in x: hills, suns, bars, a figure."""
    for i in range(rng.randint(1, 5)):
        r = rng.uniform(0.08, 0.3) * min(wide, high)
        x, z = rng.uniform(-0.5, 0.5) * (wide - 2 * r), rng.uniform(r, high - r)
        place, paint = mesh.at((x, -0.001 - 0.0005 * i, z), (math.pi / 2, 0, 0)), palette.plastic(rng)
        count = rng.choice((3, 4, 6, 20))
        shift = rng.random() * TAU
        place.add(
            [(r * math.cos(shift + a), r * math.sin(shift + a), 0) for a in np.linspace(0, TAU, count, endpoint=False)],
            [tuple(range(count))],
            paint,
        )


def framed(mesh: MeshBuilder, rng: random.Random, wide: float, high: float, paint: Any) -> None:
    """Picture with a frame, centred."""
    edge, thick, timber = rng.uniform(0.008, 0.06), rng.uniform(0.012, 0.04), palette.hard(rng)
    low = -high / 2
    for side in (-1, 1):
        mesh.box((side * (wide - edge) / 2, 0, low), (edge, thick, high), timber, 0.002)
        mesh.box((0, 0, low if side < 0 else high / 2 - edge), (wide, thick, edge), timber, 0.002)
    mount = edge + (rng.uniform(0.02, 0.2) * min(wide, high) if rng.random() < 0.5 else 0)
    if mount > edge:
        mesh.box((0, 0.002, low + edge), (wide - 2 * edge, thick * 0.5, high - 2 * edge), palette.light(rng))
    mesh.box((0, 0, low + mount), (wide - 2 * mount, thick * 0.6, high - 2 * mount), paint)
    if rng.random() < 0.35:
        motif(mesh.at((0, -thick * 0.3, low + mount)), rng, wide - 2 * mount, high - 2 * mount)


def picture(mesh: MeshBuilder, rng: random.Random) -> None:
    """One framed picture or a group of them."""
    if rng.random() < 0.75:
        wide = rng.uniform(0.25, 1.1)
        framed(mesh, rng, wide, wide * rng.uniform(0.6, 1.5), print_of(rng))
        return
    columns, rows, edge = rng.randint(2, 4), rng.randint(1, 2), rng.uniform(0.2, 0.35)
    for c in range(columns):
        for r in range(rows):
            size = (edge * rng.uniform(0.6, 1), edge * rng.uniform(0.6, 1))
            framed(mesh.at((c * edge * 1.15, 0, r * edge * 1.15)), rng, *size, print_of(rng))


def poster(mesh: MeshBuilder, rng: random.Random) -> None:
    """Poster without a frame: a print with lines of text."""
    wide = rng.uniform(0.3, 0.8)
    high = wide * rng.uniform(1.2, 1.5)
    mesh.box((0, 0, 0), (wide, 0.003, high), palette.plastic(rng))
    mesh.box((0, -0.001, high * 0.25), (wide * 0.9, 0.003, high * 0.7), print_of(rng))
    ink = palette.plastic(rng)
    for i in range(rng.randint(1, 4)):
        mesh.box((0, -0.002, high * (0.2 - 0.05 * i)), (wide * rng.uniform(0.3, 0.85), 0.002, high * 0.025), ink)
    motif(mesh.at((0, -0.0026, high * 0.25)), rng, wide * 0.9, high * 0.7)


def mirror(mesh: MeshBuilder, rng: random.Random) -> None:
    """Mirror with a frame: a rectangle, an ellipse, a circle or a sun."""
    glass, rim = materials.plain("#e9ebeb", 0.02, 1.0), palette.hard(rng)
    wide = rng.uniform(0.35, 0.9)
    high = wide * rng.choice((1, rng.uniform(1.2, 1.8)))
    if rng.random() < 0.5:
        edge = rng.uniform(0.015, 0.08)
        mesh.box((0, 0, 0), (wide, 0.03, high), rim, 0.008)
        mesh.box((0, -0.01, edge), (wide - 2 * edge, 0.022, high - 2 * edge), glass)
        return
    place = mesh.at((0, 0, 0), (math.pi / 2, 0, 0), (1, high / wide, 1))
    place.cylinder((0, 0, 0), wide / 2, 0.02, rim, 32)
    place.cylinder((0, 0, 0.004), wide * rng.uniform(0.4, 0.48), 0.02, glass, 32)
    if rng.random() < 0.25:
        for i in range(24):
            a = i * TAU / 24
            place.rod(
                (wide / 2 * math.cos(a), wide / 2 * math.sin(a), 0.01),
                (wide * 0.65 * math.cos(a), wide * 0.65 * math.sin(a), 0.01),
                0.008,
                rim,
                0.003,
            )


def clock(mesh: MeshBuilder, rng: random.Random) -> None:
    """Round or square clock with marks and hands."""
    r, rim, face = (
        rng.uniform(0.1, 0.25),
        palette.lacquer(rng),
        palette.light(rng) if rng.random() < 0.7 else palette.plastic(rng),
    )
    front = mesh.at((0, 0, 0), (math.pi / 2, 0, 0))
    if rng.random() < 0.75:
        front.cylinder((0, 0, 0), r, 0.035, rim, 28)
        front.cylinder((0, 0, 0.003), r * 0.9, 0.034, face, 28)
    else:
        front.box((0, 0, 0), (2 * r, 2 * r, 0.035), rim, 0.01)
        front.box((0, 0, 0.003), (1.8 * r, 1.8 * r, 0.034), face)
    ink = palette.dark(rng)
    for i in range(12):
        a, inner = i * TAU / 12, 0.72 if i % 3 else 0.65
        front.rod(
            (inner * r * math.cos(a), inner * r * math.sin(a), 0.037),
            (0.82 * r * math.cos(a), 0.82 * r * math.sin(a), 0.037),
            r * 0.02,
            ink,
        )
    for reach in (0.75, 0.5):
        a = rng.uniform(0, TAU)
        front.rod((0, 0, 0.041), (reach * r * math.cos(a), reach * r * math.sin(a), 0.041), r * 0.025, ink)


def calendar(mesh: MeshBuilder, rng: random.Random) -> None:
    """Calendar: a picture above a grid of days."""
    wide = rng.uniform(0.22, 0.4)
    high = wide * rng.uniform(1.2, 1.6)
    mesh.box((0, 0, 0), (wide, 0.006, high), palette.light(rng))
    mesh.box((0, -0.001, high * 0.5), (wide * 0.92, 0.006, high * 0.46), print_of(rng))
    ink = palette.plastic(rng)
    for r in range(5):
        for c in range(7):
            mesh.box(((c - 3) * wide * 0.13, -0.001, high * (0.08 + 0.08 * r)), (wide * 0.07, 0.006, high * 0.03), ink)


def wall_shelf(mesh: MeshBuilder, rng: random.Random) -> None:
    """One to three boards or an open box on the wall with things on them."""
    wide, deep, timber = rng.uniform(0.4, 1.3), rng.uniform(0.15, 0.28), palette.hard(rng, 0)
    covers = [palette.plastic(rng) for _ in range(6)]
    count, step = rng.randint(1, 3), rng.uniform(0.28, 0.4)
    for i in range(count):
        x = rng.uniform(-0.2, 0.2) if rng.random() < 0.3 else 0.0
        mesh.box((x, -deep / 2, i * step), (wide, deep, 0.025), timber)
        fill(
            mesh.at((x - wide / 2 + 0.02, -deep + 0.01, i * step + 0.025)),
            rng,
            (wide - 0.05, deep - 0.02, step * 0.85),
            covers,
        )
        for side in (-1, 1) if x == 0 else ():
            mesh.box((x + side * wide * 0.38, -0.01, i * step - 0.12), (0.025, 0.02, 0.12), timber)


def coats(mesh: MeshBuilder, rng: random.Random) -> None:
    """Rack with hooks from which coats, bags and hats hang."""
    wide, timber, metal = rng.uniform(0.5, 1.3), palette.hard(rng, 0), palette.metal(rng)
    mesh.box((0, -0.01, 0), (wide, 0.02, 0.1), timber, 0.004)
    count = max(3, int(wide / 0.18))
    for i in range(count):
        x = ((i + 0.5) / count - 0.5) * wide
        mesh.tube([(x, -0.01, 0.04), (x, -0.08, 0.03), (x, -0.09, 0.08)], 0.008, metal)
        if rng.random() < 0.65:
            garment(mesh.at((x, -0.09, 0.03)), rng)


def garment(mesh: MeshBuilder, rng: random.Random) -> None:
    """Coat that hangs from its collar at the origin, folded upon itself."""
    half, deep, long = rng.uniform(0.13, 0.2), rng.uniform(0.05, 0.08), rng.uniform(0.5, 1.1)
    turns, cover = np.linspace(0, TAU, 24, endpoint=False), palette.cloth(rng)
    rows = []
    for t in np.linspace(0, 1, 9):
        a = half * (0.25 + 0.75 * min(1, t * 3.5) + 0.12 * t)
        fold = 1 + 0.18 * t * np.sin(7 * turns + rng.uniform(-0.3, 0.3))
        rows.append(np.stack([a * fold * np.cos(turns), deep * fold * np.sin(turns), np.full(24, -long * t)], -1))
    mesh.sheet(np.stack(rows), cover, closed=True)
    for side in (-1, 1):
        mesh.capsule(
            (side * half * 0.85, 0, -0.18),
            (side * half * 1.05, -0.03, -0.18 - min(long * 0.7, 0.55)),
            0.055,
            0.045,
            cover,
        )


def towel(mesh: MeshBuilder, rng: random.Random) -> None:
    """Towel over a bar or on a hook."""
    wide, long, cover = rng.uniform(0.3, 0.7), rng.uniform(0.35, 0.8), palette.cloth(rng)
    mesh.rod((-wide / 2 - 0.05, -0.07, 0), (wide / 2 + 0.05, -0.07, 0), 0.01, metal := palette.metal(rng))
    for side in (-1, 1):
        mesh.rod((side * (wide / 2 + 0.05), 0, 0), (side * (wide / 2 + 0.05), -0.075, 0), 0.012, metal)
    mesh.box((0, -0.088, -long), (wide, 0.014, long), cover, 0.005)
    mesh.box((0, -0.052, -long * rng.uniform(0.6, 1)), (wide, 0.014, long * 0.6), cover, 0.005)
    mesh.box((0, -0.07, 0), (wide, 0.05, 0.018), cover, 0.008)


WALL_THINGS = (
    make_family("picture", 11, "hung", picture),
    make_family("poster", 11, "hung", poster),
    make_family("mirror", 19, "hung", mirror),
    make_family("clock", 40, "hung", clock),
    make_family("calendar", 26, "hung", calendar),
    make_family("wall shelf", 15, "hung", wall_shelf),
    make_family("coats", 21, "hung", coats),
    make_family("towel", 27, "hung", towel),
)
