# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Objects that stand or lie on floors: bags, baskets, bins, shoes, cushions, laundry."""

from __future__ import annotations

import math
import random

import numpy as np

from bgflow_rooms.furniture.mesh_builder import TAU, MeshBuilder, make_family
from bgflow_rooms.materials import nodes as materials
from bgflow_rooms.materials import palette

__all__ = ["FLOOR_THINGS"]


def suitcase(mesh: MeshBuilder, rng: random.Random) -> None:
    """Suitcase, upright on wheels or lying."""
    wide, deep, high, body = (
        rng.uniform(0.35, 0.55),
        rng.uniform(0.18, 0.32),
        rng.uniform(0.5, 0.8),
        palette.lacquer(rng),
    )
    place = mesh if rng.random() < 0.7 else mesh.at((0, 0, deep / 2), (-math.pi / 2, 0, 0))
    place.box((0, 0, 0.04), (wide, deep, high), body, 0.05, 3)
    for i in range(rng.randint(0, 6)):
        place.box(((i - 2.5) * wide * 0.13, 0, 0.1), (0.02, deep + 0.012, high - 0.12), body)
    place.box((0, 0, 0.06), (0.012, deep + 0.008, high - 0.06), palette.metal(rng))
    tall = high + rng.choice((0.08, 0.4))
    place.tube(
        [(-0.1, deep * 0.3, high), (-0.1, deep * 0.3, tall), (0.1, deep * 0.3, tall), (0.1, deep * 0.3, high)],
        0.01,
        palette.metal(rng),
    )
    for x in (-1, 1):
        for y in (-1, 1):
            place.ball((x * wide * 0.4, y * deep * 0.35, 0.025), 0.028, palette.dark(rng), 8)


def bag(mesh: MeshBuilder, rng: random.Random) -> None:
    """Hand bag, back pack, shopping bag or sports bag."""
    wide, deep, high = rng.uniform(0.25, 0.6), rng.uniform(0.12, 0.28), rng.uniform(0.25, 0.5)
    cover, kind = (
        palette.cloth(rng) if rng.random() < 0.6 else palette.leather(rng),
        rng.choice(("tote", "back", "paper", "sport")),
    )
    if kind == "paper":
        cover = materials.plain(rng.choice(("#c09a6b", "#f2f0ea", palette.color(rng))), 0.8)
        mesh.box((0, 0, 0), (wide, deep, high), cover)
        mesh.box((0, 0, high * 0.3), (wide * 0.6, deep + 0.002, high * 0.3), palette.cloth(rng))
    elif kind == "back":
        mesh.box((0, 0, 0), (wide * 0.7, deep, high), cover, 0.08, 3)
        mesh.box((0, -deep / 2, 0.03), (wide * 0.5, deep * 0.45, high * 0.45), palette.cloth(rng), 0.04, 2)
        for x in (-0.1, 0.1):
            mesh.tube([(x, deep / 2, 0.05), (x, deep / 2 + 0.07, high * 0.4), (x, deep / 2, high * 0.9)], 0.018, cover)
    elif kind == "sport":
        mesh.capsule((-wide * 0.4, 0, deep * 0.6), (wide * 0.4, 0, deep * 0.6), deep * 0.6, deep * 0.6, cover)
        high = deep * 0.95
    else:
        turns = np.linspace(0, TAU, 24, endpoint=False)
        flat = [
            np.stack([a * np.cos(turns), b * np.sin(turns), np.full(24, z)], -1)
            for a, b, z in (
                (0, 0, 0),
                (wide * 0.45, deep / 2, 0),
                (wide / 2, deep / 2, high * 0.3),
                (wide * 0.42, deep * 0.15, high),
            )
        ]
        mesh.sheet(np.stack(flat), cover, closed=True)
    for y in (-0.04, 0.04):
        mesh.arc((0, y, high * 0.95), wide * 0.2, 0.009, palette.leather(rng), (0, math.pi), (math.pi / 2, 0, 0))


def basket(mesh: MeshBuilder, rng: random.Random) -> None:
    """Basket or tub with laundry, blankets, logs or nothing."""
    r, high = rng.uniform(0.15, 0.28), rng.uniform(0.2, 0.55)
    weave, square = (
        rng.choice((lambda r: materials.fabric("#a98457", 0.012), palette.plastic, palette.cloth))(rng),
        rng.random() < 0.3,
    )
    place = mesh.at((0, 0, 0), (0, 0, math.pi / 4))
    place.lathe(
        (0, 0, 0),
        [(0, 0), (r * 0.8, 0), (r, high), (r * 0.93, high), (r * 0.76, 0.02), (0, 0.02)],
        weave,
        4 if square else 20,
    )
    kind = rng.random()
    if kind < 0.5:
        for i in range(rng.randint(3, 7)):
            spot = (rng.uniform(-0.35, 0.35) * r, rng.uniform(-0.35, 0.35) * r, high * 0.75 + 0.02 * i)
            mesh.pillow(
                spot,
                (1.0 * r, 0.8 * r, 0.15),
                palette.cloth(rng),
                (rng.uniform(-0.6, 0.6), rng.uniform(-0.6, 0.6), rng.uniform(0, 3)),
            )
    elif kind < 0.7:
        for _ in range(6):
            x, y = rng.uniform(-0.4, 0.4) * r, rng.uniform(-0.4, 0.4) * r
            mesh.rod((x, y, 0.05), (x * 1.3, y * 1.3, high + 0.15), 0.04, palette.wood(rng, 2))
    if rng.random() < 0.4:
        for side in (-1, 1):
            mesh.arc((side * r, 0, high), 0.06, 0.01, palette.leather(rng), (0, math.pi), (math.pi / 2, 0, math.pi / 2))


def bin_(mesh: MeshBuilder, rng: random.Random) -> None:
    """Waste bin: open, with a swing lid or a pedal."""
    r, high, body = (
        rng.uniform(0.11, 0.2),
        rng.uniform(0.25, 0.7),
        rng.choice((palette.plastic, palette.metal, palette.dark))(rng),
    )
    lid = rng.choice((palette.plastic, palette.metal, palette.dark))(rng)
    if rng.random() < 0.3:
        mesh.box((0, 0, 0), (2 * r, 1.5 * r, high), body, 0.02, 2)
        mesh.box((0, 0, high), (2 * r + 0.02, 1.5 * r + 0.02, 0.05), lid, 0.02, 2)
        return
    mesh.lathe(
        (0, 0, 0), [(0, 0), (r * rng.uniform(0.7, 1), 0), (r, high), (r * 0.94, high), (r * 0.7, 0.02), (0, 0.02)], body
    )
    kind = rng.random()
    if kind < 0.35:
        mesh.lathe((0, 0, high), [(r * 1.03, -0.03), (r * 1.03, 0.02), (r * 0.7, 0.08), (0, 0.1)], lid)
    elif kind < 0.6:
        mesh.pillow((0, 0, high - 0.02), (1.7 * r, 1.7 * r, 0.1), palette.light(rng), (0.3, 0.2, 0))


def shoes(mesh: MeshBuilder, rng: random.Random) -> None:
    """Pairs of shoes, slippers or boots."""
    for i in range(rng.randint(1, 3)):
        cover, sole, long, boot = (
            palette.leather(rng),
            palette.plastic(rng),
            rng.uniform(0.16, 0.3),
            rng.choice((0.0, 0.0, 0.15, 0.3)),
        )
        for side in (-1, 1):
            shoe = mesh.at((i * 0.3 + side * 0.065, rng.uniform(-0.04, 0.04), 0), (0, 0, rng.uniform(-0.2, 0.2)))
            shoe.box((0, 0, 0), (long * 0.34, long, 0.025), sole, long * 0.1, 2)
            shoe.ball((0, -long * 0.2, 0.035), (long * 0.17, long * 0.3, 0.045), cover, 12)
            shoe.capsule((0, long * 0.25, 0.05), (0, long * 0.27, 0.09 + boot), long * 0.16, long * 0.17, cover)
            shoe.ball(
                (0, long * 0.2, 0.095 + boot + long * 0.12), (long * 0.12, long * 0.12, 0.02), palette.dark(rng), 8
            )


def cushions(mesh: MeshBuilder, rng: random.Random) -> None:
    """Cushions on the floor."""
    z = 0.0
    for _ in range(rng.randint(1, 3)):
        w, thick = rng.uniform(0.35, 0.7), rng.uniform(0.12, 0.22)
        mesh.pillow(
            (rng.uniform(-0.12, 0.12), rng.uniform(-0.12, 0.12), z + thick / 2),
            (w, w * rng.uniform(0.7, 1), thick),
            palette.cloth(rng),
            (0, 0, rng.uniform(0, 1.5)),
        )
        z += thick * 0.75


def heap(mesh: MeshBuilder, rng: random.Random) -> None:
    """Heap of laundry: rumpled sheets of cloth upon one another."""
    for i in range(rng.randint(2, 5)):
        u = np.linspace(-1, 1, 15)
        x, y = np.meshgrid(u, u, indexing="ij")
        a, b, c, d = (rng.uniform(0, 6) for _ in range(4))
        dome = np.clip(1 - (x**2 + y**2) * 0.55, 0, None)
        z = dome * (0.1 + 0.05 * i) + 0.03 * dome * (np.sin(7 * x + a + 3 * np.sin(3 * y + b)) + np.sin(6 * y + c))
        wide = rng.uniform(0.15, 0.3)
        turn = (0, 0, d)
        points = np.stack(
            [x * wide + 0.03 * np.sin(5 * y + b), y * wide + 0.03 * np.sin(5 * x + a), np.clip(z, 0, None) + 0.002 * i],
            -1,
        )
        mesh.at((rng.uniform(-0.15, 0.15), rng.uniform(-0.15, 0.15), 0), turn).sheet(points, palette.cloth(rng))


FLOOR_THINGS = (
    make_family("suitcase", 37, "floor", suitcase),
    make_family("bag", 37, "floor", bag),
    make_family("basket", 40, "floor", basket),
    make_family("waste bin", 39, "floor", bin_),
    make_family("shoes", 40, "floor", shoes),
    make_family("floor cushions", 18, "floor", cushions),
    make_family("laundry", 21, "floor", heap),
)
