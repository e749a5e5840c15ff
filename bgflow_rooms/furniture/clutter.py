# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Small things that lie on tables, shelves and floors."""

from __future__ import annotations

import math
import random

from bgflow_rooms.furniture.crockery import glazed
from bgflow_rooms.furniture.mesh_builder import TAU, MeshBuilder, make_family
from bgflow_rooms.materials import nodes as materials
from bgflow_rooms.materials import palette

__all__ = ["CLUTTER"]


def book_pile(mesh: MeshBuilder, rng: random.Random) -> None:
    """Books in a pile."""
    z = 0.0
    for _ in range(rng.randint(1, 8)):
        w, d, h = rng.uniform(0.11, 0.26), rng.uniform(0.16, 0.32), rng.uniform(0.012, 0.05)
        place = mesh.at((rng.uniform(-0.02, 0.02), rng.uniform(-0.02, 0.02), z), (0, 0, rng.uniform(-0.4, 0.4)))
        cover = palette.plastic(rng)
        place.box((0, 0, 0), (w, d, 0.003), cover)
        place.box((0, 0, 0.002), (w - 0.008, d - 0.008, h - 0.004), materials.plain("#e8e2d0", 0.9))
        place.box((0, 0, h - 0.003), (w, d, 0.003), cover)
        place.box((-w / 2, 0, 0), (0.003, d, h), cover)
        z += h


def toys(mesh: MeshBuilder, rng: random.Random) -> None:
    """Building blocks, cuboids, rings, a pyramid of them, a car."""
    paints = [
        materials.plain(
            palette.tone(rng.random(), rng.uniform(0.5, 0.95), rng.uniform(0.5, 0.95)), rng.uniform(0.2, 0.6)
        )
        for _ in range(6)
    ]
    edge, count = rng.uniform(0.03, 0.12), rng.randint(3, 14)
    for i in range(count):
        place = mesh.at(
            (
                edge * 1.3 * ((i * 5) % 4 - 1.5) + rng.uniform(-0.3, 0.3) * edge,
                edge * 1.3 * ((i * 3) % 4 - 1.5),
                edge * 1.01 * (i // 8),
            ),
            (0, 0, rng.uniform(0, 3)),
        )
        kind, paint = rng.random(), rng.choice(paints)
        if kind < 0.6:
            place.box((0, 0, 0), (edge * rng.choice((1, 1, 2)), edge * rng.choice((1, 0.5)), edge), paint, edge * 0.05)
        elif kind < 0.75:
            place.cylinder((0, 0, 0), edge / 2, edge, paint, 14)
        elif kind < 0.9:
            place.slab([(-edge / 2, 0), (edge / 2, 0), (0, edge * 0.8)], (0, 0, 0), edge, paint)
        else:
            place.lathe((0, 0, 0), [(0, 0), (edge / 2, 0), (0, edge)], paint, rng.choice((4, 16)))


def toy_car(mesh: MeshBuilder, rng: random.Random) -> None:
    """Toy car, lorry or train."""
    size, paint, second = rng.uniform(0.12, 0.4), palette.lacquer(rng), palette.lacquer(rng)
    body = mesh.at((0, 0, 0), scale=size)
    body.box((0, 0, 0.1), (1, 0.45, 0.2), paint, 0.05, 2)
    body.box((rng.uniform(-0.3, 0.3), 0, 0.28), (rng.uniform(0.3, 0.6), 0.4, rng.uniform(0.15, 0.35)), second, 0.05, 2)
    for x in (-0.3, 0.3):
        body.rod((x, -0.26, 0.12), (x, 0.26, 0.12), 0.12, palette.dark(rng))


def teddy(mesh: MeshBuilder, rng: random.Random) -> None:
    """Stuffed animal that sits."""
    fur, nose, size = palette.cloth(rng), palette.dark(rng), rng.uniform(0.15, 0.5)
    body = mesh.at((0, 0, 0), scale=size)
    body.ball((0, 0, 0.36), (0.26, 0.22, 0.36), fur, 14)
    body.ball((0, -0.03, 0.84), rng.uniform(0.2, 0.26), fur, 14)
    body.ball((0, -0.22, 0.8), (0.09, 0.08, 0.08), palette.light(rng), 10)
    body.ball((0, -0.3, 0.82), 0.03, nose, 6)
    long = rng.choice((0.0, 0.25))
    for side in (-1, 1):
        body.capsule((side * 0.14, 0, 1.0), (side * 0.2, 0, 1.05 + long), 0.07, 0.06, fur)
        body.ball((side * 0.08, -0.21, 0.9), 0.03, nose, 6)
        body.capsule((side * 0.22, 0, 0.6), (side * 0.36, -0.18, 0.36), 0.09, 0.08, fur)
        body.capsule((side * 0.16, -0.1, 0.11), (side * 0.26, -0.5, 0.12), 0.12, 0.1, fur)


def candles(mesh: MeshBuilder, rng: random.Random) -> None:
    """Candles, or a turned figure."""
    for i in range(rng.randint(1, 4)):
        x, r, tall = 0.08 * i, rng.uniform(0.012, 0.035), rng.uniform(0.05, 0.22)
        mesh.lathe((x, 0, 0), [(0, 0), (r * 1.6, 0), (r * 1.7, 0.01), (r, 0.02)], palette.metal(rng), 14)
        mesh.cylinder((x, 0, 0.01), r, tall, palette.lacquer(rng), 12)
        mesh.rod((x, 0, tall), (x, 0, tall + 0.025), 0.0015, palette.dark(rng))


def jar(mesh: MeshBuilder, rng: random.Random) -> None:
    """Empty vase, jug or urn of any profile."""
    r, tall = rng.uniform(0.05, 0.14), rng.uniform(0.12, 0.45)
    curve = [(0, 0), (r * rng.uniform(0.4, 0.9), 0)] + [
        (r * rng.uniform(0.4, 1.1), tall * t) for t in (0.25, 0.5, 0.72, 0.88)
    ]
    mesh.lathe(
        (0, 0, 0),
        [*curve, (r * rng.uniform(0.3, 0.9), tall), (r * 0.25, tall * 0.95)],
        glazed(rng),
        rng.choice((6, 24, 24)),
    )


def desk_frame(mesh: MeshBuilder, rng: random.Random) -> None:
    """Framed photograph that stands."""
    wide, high = rng.uniform(0.1, 0.25), rng.uniform(0.13, 0.3)
    place = mesh.at((0, 0, 0), (-0.2, 0, 0))
    place.box((0, 0, 0), (wide, 0.015, high), palette.hard(rng), 0.003)
    place.box(
        (0, -0.004, 0.015),
        (wide - 0.03, 0.012, high - 0.03),
        palette.pattern(rng, [palette.color(rng) for _ in range(4)]),
    )
    mesh.rod((0, 0.03 + high * 0.18, high * 0.6), (0, 0.02 + high * 0.5, 0), 0.005, palette.dark(rng))


def radio(mesh: MeshBuilder, rng: random.Random) -> None:
    """Radio, loudspeaker or record player."""
    wide, deep, high, body = rng.uniform(0.15, 0.4), rng.uniform(0.1, 0.25), rng.uniform(0.12, 0.4), palette.hard(rng)
    mesh.box((0, 0, 0), (wide, deep, high), body, 0.008)
    for i in range(rng.randint(1, 2)):
        r = min(wide, high) * (0.35 if i == 0 else 0.15)
        place = mesh.at(
            (
                0 if high > wide else -wide * 0.25 + i * wide * 0.5,
                -deep / 2,
                high * (0.35 + 0.42 * i * (high > wide)) + 0.02,
            ),
            (math.pi / 2, 0, 0),
        )
        place.lathe((0, 0, 0), [(r, 0), (r, 0.01), (r * 0.85, 0.012), (r * 0.3, -0.001), (0, 0.008)], palette.dark(rng))
    if rng.random() < 0.3:
        mesh.rod((wide * 0.4, 0, high), (wide * 0.2, 0, high + 0.3), 0.003, palette.metal(rng))


def folded(mesh: MeshBuilder, rng: random.Random) -> None:
    """Clothes or towels folded in a pile."""
    z, w, d = 0.0, rng.uniform(0.22, 0.4), rng.uniform(0.2, 0.32)
    for _ in range(rng.randint(1, 7)):
        thick = rng.uniform(0.02, 0.07)
        mesh.at((rng.uniform(-0.02, 0.02), 0, z), (0, 0, rng.uniform(-0.12, 0.12))).box(
            (0, 0, 0), (w * rng.uniform(0.85, 1), d, thick), palette.cloth(rng), 0.025, 2
        )
        z += thick * 0.97


def tissue(mesh: MeshBuilder, rng: random.Random) -> None:
    """Box of tissues, or a small box with a lid."""
    wide, deep, high = rng.uniform(0.11, 0.26), rng.uniform(0.1, 0.16), rng.uniform(0.05, 0.14)
    mesh.box((0, 0, 0), (wide, deep, high), palette.cloth(rng) if rng.random() < 0.6 else palette.wood(rng), 0.003)
    if rng.random() < 0.6:
        mesh.pillow((0, 0, high + 0.03), (0.09, 0.07, 0.05), palette.light(rng), (1.3, 0.3, 0))
    else:
        mesh.box((0, 0, high), (wide + 0.008, deep + 0.008, 0.02), palette.hard(rng), 0.002)


def spool(mesh: MeshBuilder, rng: random.Random) -> None:
    """Tools: a hammer, a screwdriver, a roll of tape, a box of them."""
    grip, steel = palette.plastic(rng), palette.metal(rng)
    mesh.rod((0, 0, 0.015), (0.22, 0, 0.015), 0.014, palette.wood(rng, 0))
    mesh.box((0.23, 0, 0), (0.03, 0.11, 0.03), steel, 0.004)
    for i in range(rng.randint(1, 4)):
        y = 0.09 + 0.05 * i
        mesh.rod((0, y, 0.013), (0.1, y + 0.02, 0.013), 0.013, grip)
        mesh.rod((0.1, y + 0.02, 0.013), (0.1 + rng.uniform(0.06, 0.15), y + 0.03, 0.013), 0.004, steel)
    mesh.lathe(
        (0.1, -0.13, 0),
        [(0.03, 0), (0.05, 0), (0.05, TAU / 300 * 2), (0.03, TAU / 300 * 2), (0.03, 0)],
        palette.plastic(rng),
    )


CLUTTER = (
    make_family("book pile", 23, "surface", book_pile),
    make_family("blocks", 40, "floor", toys),
    make_family("toy car", 40, "floor", toy_car),
    make_family("stuffed animal", 40, "floor", teddy),
    make_family("candles", 40, "surface", candles),
    make_family("jar", 40, "surface", jar),
    make_family("standing frame", 11, "surface", desk_frame),
    make_family("radio", 40, "surface", radio),
    make_family("folded clothes", 21, "surface", folded),
    make_family("small box", 29, "surface", tissue),
    make_family("tools", 40, "surface", spool),
)
