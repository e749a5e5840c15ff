# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Screens, computers and office equipment."""

from __future__ import annotations

import math
import random
from typing import Any

from bgflow_rooms.furniture.mesh_builder import TAU, MeshBuilder, make_family
from bgflow_rooms.furniture.storage import fill
from bgflow_rooms.materials import nodes as materials
from bgflow_rooms.materials import palette

__all__ = ["OFFICE"]


def picture_on(rng: random.Random) -> Any:
    """Face of a screen: off and dark, or on with an image."""
    kind = rng.random()
    if kind < 0.55:
        return materials.plain("#0b0c0e", rng.uniform(0.05, 0.3), coat=0.5)
    if kind < 0.8:
        return palette.pattern(rng, [palette.color(rng) for _ in range(rng.randint(2, 5))])
    return materials.glow(palette.color(rng), rng.uniform(0.2, 1.2))


def panel(mesh: MeshBuilder, rng: random.Random, size: tuple[float, float, float], body: Any) -> None:
    """Flat screen that faces -y, its lower edge at z=0, its back at y=0."""
    wide, thick, high = size
    rim = rng.uniform(0.005, 0.03)
    mesh.box((0, -thick / 2, 0), size, body, 0.004)
    mesh.box((0, -thick + 0.002, rim), (wide - 2 * rim, 0.008, high - 2 * rim), picture_on(rng))


def hung_television(mesh: MeshBuilder, rng: random.Random) -> None:
    """Television on the wall."""
    wide = rng.uniform(0.6, 1.6)
    panel(mesh, rng, (wide, rng.uniform(0.03, 0.09), wide * rng.uniform(0.55, 0.62)), palette.dark(rng))


def television(mesh: MeshBuilder, rng: random.Random) -> None:
    """Television that stands: flat on feet, or an old box with a tube."""
    body = palette.dark(rng) if rng.random() < 0.75 else palette.hard(rng)
    wide = rng.uniform(0.5, 1.2)
    if rng.random() < 0.3:
        wide, deep = rng.uniform(0.4, 0.7), rng.uniform(0.35, 0.5)
        high = wide * 0.78
        mesh.box((0, -deep * 0.2, 0), (wide, deep * 0.4, high), body, 0.015)
        mesh.box((0, deep * 0.2, 0.02), (wide * 0.75, deep * 0.5, high * 0.8), body, 0.06, 2)
        mesh.box((-wide * 0.06, -deep * 0.4, high * 0.12), (wide * 0.78, 0.012, high * 0.76), picture_on(rng), 0.006)
        for i in range(3):
            mesh.rod(
                (wide * 0.42, -deep * 0.39, high * (0.4 + 0.17 * i)),
                (wide * 0.42, -deep * 0.43, high * (0.4 + 0.17 * i)),
                0.014,
                palette.metal(rng),
            )
        return
    foot = rng.uniform(0.03, 0.12)
    panel(mesh.at((0, 0.02, foot)), rng, (wide, 0.05, wide * 0.58), body)
    if rng.random() < 0.5:
        mesh.box((0, 0, 0), (wide * 0.4, rng.uniform(0.18, 0.28), 0.012), body)
        mesh.box((0, 0.01, 0), (0.08, 0.03, foot + 0.05), body)
    else:
        for side in (-1, 1):
            for y in (-0.11, 0.11):
                mesh.rod((side * wide * 0.38, 0, foot + 0.01), (side * wide * 0.4, y, 0), 0.01, body)


def television_bench(mesh: MeshBuilder, rng: random.Random) -> None:
    """Low bench with a television on it and things in it."""
    wide, deep, high, timber = (
        rng.uniform(1.0, 1.9),
        rng.uniform(0.35, 0.48),
        rng.uniform(0.35, 0.6),
        palette.hard(rng, 0),
    )
    count = rng.randint(2, 4)
    for z in (0.06, high - 0.03):
        mesh.box((0, 0, z), (wide, deep, 0.03), timber)
    for i in range(count + 1):
        mesh.box(((i / count - 0.5) * (wide - 0.03), 0, 0), (0.03, deep, high - 0.02), timber)
    mesh.box((0, deep / 2 - 0.01, 0.06), (wide, 0.01, high - 0.08), timber)
    covers = [palette.plastic(rng) for _ in range(4)]
    for i in range(count):
        x = (i / count - 0.5) * wide + 0.03
        if rng.random() < 0.4:
            mesh.box(
                (x + wide / count / 2 - 0.02, -deep / 2 + 0.01, 0.1),
                (wide / count - 0.045, 0.02, high - 0.15),
                palette.hard(rng),
            )
        else:
            fill(mesh.at((x, -deep / 2 + 0.02, 0.09)), rng, (wide / count - 0.06, deep - 0.05, high - 0.14), covers)
    television(mesh.at((0, 0, high)), rng)


def monitor(mesh: MeshBuilder, rng: random.Random) -> None:
    """Computer screen on a foot, with keyboard and mouse."""
    body, wide = rng.choice((palette.dark, palette.dark, palette.light, palette.metal))(rng), rng.uniform(0.4, 0.75)
    high, lift = wide * rng.uniform(0.45, 0.62), rng.uniform(0.08, 0.16)
    panel(mesh.at((0, 0.02, lift), (rng.uniform(-0.15, 0.02), 0, 0)), rng, (wide, 0.03, high), body)
    mesh.tube([(0, 0.06, 0), (0, 0.06, lift), (0, 0.02, lift + high * 0.3)], 0.018, body)
    if rng.random() < 0.5:
        mesh.box((0, 0.04, 0), (0.24, 0.18, 0.012), body)
    else:
        mesh.cylinder((0, 0.05, 0), 0.11, 0.01, body)
    if rng.random() < 0.7:
        keyboard(mesh.at((0, -0.2, 0)), rng)


def keyboard(mesh: MeshBuilder, rng: random.Random) -> None:
    """Keyboard, often with a mouse."""
    body, wide = rng.choice((palette.dark, palette.light))(rng), rng.uniform(0.3, 0.45)
    mesh.box((0, 0, 0), (wide, 0.13, 0.018), body, 0.004)
    keys = rng.choice((palette.dark, palette.light))(rng)
    for row in range(4):
        mesh.box((-0.0, (row - 1.5) * 0.027, 0.018), (wide - 0.03, 0.021, 0.005), keys, 0.002)
    if rng.random() < 0.8:
        mesh.ball((wide / 2 + 0.08, 0, 0.01), (0.032, 0.055, 0.022), body, 10)


def laptop(mesh: MeshBuilder, rng: random.Random) -> None:
    """Open laptop."""
    body, wide = rng.choice((palette.metal, palette.dark, palette.plastic))(rng), rng.uniform(0.27, 0.4)
    deep = wide * 0.68
    mesh.box((0, 0, 0), (wide, deep, 0.016), body, 0.003)
    mesh.box((0, deep * 0.15, 0.0155), (wide * 0.88, deep * 0.45, 0.001), palette.dark(rng))
    mesh.box((0, -deep * 0.3, 0.0155), (wide * 0.3, deep * 0.25, 0.001), palette.metal(rng))
    panel(mesh.at((0, deep / 2 + 0.005, 0.014), (-rng.uniform(0.1, 0.5), 0, 0)), rng, (wide, 0.01, deep * 0.95), body)


def tower(mesh: MeshBuilder, rng: random.Random) -> None:
    """Computer case with a front of drives and lights."""
    wide, deep, high, body = (
        rng.uniform(0.15, 0.22),
        rng.uniform(0.38, 0.5),
        rng.uniform(0.35, 0.5),
        rng.choice((palette.dark, palette.light, palette.plastic))(rng),
    )
    mesh.box((0, 0, 0.01), (wide, deep, high), body, 0.006)
    front = palette.dark(rng)
    for i in range(rng.randint(1, 3)):
        mesh.box((0, -deep / 2, high * (0.85 - 0.12 * i)), (wide * 0.8, 0.012, 0.035), front)
    mesh.box(
        (0, -deep / 2, high * 0.1), (wide * 0.7, 0.01, high * 0.35), rng.choice((palette.dark, palette.metal))(rng)
    )
    mesh.rod((0, -deep / 2, high * 0.52), (0, -deep / 2 - 0.008, high * 0.52), 0.014, palette.metal(rng))
    for x in (-1, 1):
        mesh.box((x * wide * 0.35, 0, 0), (0.03, deep * 0.9, 0.012), front)


def printer(mesh: MeshBuilder, rng: random.Random) -> None:
    """Printer or copier with trays and paper."""
    wide, deep, high, body = (
        rng.uniform(0.38, 0.5),
        rng.uniform(0.3, 0.42),
        rng.uniform(0.15, 0.35),
        rng.choice((palette.light, palette.dark, palette.plastic))(rng),
    )
    mesh.box((0, 0, 0), (wide, deep, high), body, 0.02, 2)
    mesh.box((0, -deep / 2, high * 0.3), (wide * 0.7, 0.02, high * 0.25), palette.dark(rng))
    mesh.box((0, -deep / 2 - 0.08, high * 0.28), (wide * 0.6, 0.18, 0.01), palette.dark(rng))
    mesh.box((0, -deep / 2 - 0.07, high * 0.28 + 0.011), (0.21, 0.16, rng.uniform(0.004, 0.02)), palette.light(rng))
    mesh.at((0, deep * 0.4, high - 0.02), (-0.4, 0, 0)).box(
        (0, 0, 0), (0.23, 0.01, rng.uniform(0.1, 0.25)), palette.light(rng)
    )
    mesh.box((wide * 0.3, -deep * 0.3, high), (wide * 0.25, 0.08, 0.01), palette.dark(rng))


def papers(mesh: MeshBuilder, rng: random.Random) -> None:
    """Pile of sheets, folders and newspapers."""
    z = 0.0
    for _ in range(rng.randint(2, 9)):
        w, h, thick = rng.uniform(0.14, 0.4), rng.uniform(0.2, 0.32), rng.choice((0.0015, 0.004, 0.02))
        place = mesh.at((rng.uniform(-0.05, 0.05), rng.uniform(-0.05, 0.05), z), (0, 0, rng.uniform(-0.7, 0.7)))
        place.box((0, 0, 0), (w, h, thick), palette.light(rng) if rng.random() < 0.6 else palette.plastic(rng))
        if rng.random() < 0.5:
            ink = palette.dark(rng)
            for i in range(rng.randint(2, 7)):
                place.box((0, h * (0.4 - 0.1 * i), thick), (w * rng.uniform(0.5, 0.85), h * 0.04, 0.0004), ink)
        z += thick + 0.0005


def globe(mesh: MeshBuilder, rng: random.Random) -> None:
    """Terrestrial globe on a foot."""
    r, metal = rng.uniform(0.09, 0.17), palette.hard(rng)
    mesh.lathe((0, 0, 0), [(0, 0), (r * 0.6, 0), (r * 0.5, 0.02), (0.012, 0.04), (0.012, 0.08)], metal)
    middle = 0.08 + r * 1.08
    mesh.arc((0, 0, middle), r * 1.07, 0.006, metal, (-math.pi / 2, math.pi / 2 + 0.4), (math.pi / 2, 0, 0))
    sea, land, sand = (
        palette.tone(rng.uniform(0.5, 0.62), 0.6, 0.7),
        palette.tone(0.3, 0.5, 0.5),
        palette.tone(0.1, 0.4, 0.8),
    )
    mesh.ball(
        (0, 0, middle),
        r,
        palette.pattern(rng, [sea, land, sea, sand]) if rng.random() < 0.8 else palette.lacquer(rng),
        20,
    )


def pen_pot(mesh: MeshBuilder, rng: random.Random) -> None:
    """Pot with pens."""
    r, tall = rng.uniform(0.03, 0.05), rng.uniform(0.08, 0.12)
    mesh.lathe(
        (0, 0, 0), [(0, 0), (r, 0), (r, tall), (r * 0.9, tall), (r * 0.9, 0.01), (0, 0.01)], palette.lacquer(rng), 16
    )
    for _ in range(rng.randint(2, 9)):
        a, long = rng.uniform(0, TAU), rng.uniform(0.14, 0.18)
        x, y = r * 0.8 * math.cos(a), r * 0.8 * math.sin(a)
        mesh.rod((-x * 0.5, -y * 0.5, 0.01), (x * 1.1, y * 1.1, long), 0.004, palette.plastic(rng))


OFFICE = (
    make_family("hung television", 25, "hung", hung_television),
    make_family("television", 25, "surface", television),
    make_family("television bench", 25, "wall", television_bench),
    make_family("monitor", 40, "surface", monitor),
    make_family("keyboard", 40, "surface", keyboard),
    make_family("laptop", 40, "surface", laptop),
    make_family("computer tower", 40, "floor", tower),
    make_family("printer", 40, "surface", printer),
    make_family("papers", 26, "surface", papers),
    make_family("globe", 40, "surface", globe),
    make_family("pen pot", 40, "surface", pen_pot),
)
