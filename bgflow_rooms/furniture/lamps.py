# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Floor, table and hanging lamps."""

from __future__ import annotations

import math
import random
from typing import Any

from bgflow_rooms.furniture.mesh_builder import TAU, MeshBuilder, make_family
from bgflow_rooms.materials import nodes as materials
from bgflow_rooms.materials import palette

__all__ = ["LAMPS"]


def bulb(rng: random.Random) -> Any:
    """Bulb that is off, or on in a warm or cold white."""
    if rng.random() < 0.5:
        return materials.plain("#f2efe6", 0.2, coat=0.5)
    return materials.glow(rng.choice(("#ffd2a0", "#ffe6c8", "#f4f6ff")), rng.uniform(1.5, 8.0))


def screen(rng: random.Random) -> Any:
    """Cloth or paper of a lampshade."""
    kind = rng.random()
    if kind < 0.4:
        return materials.lampshade(palette.tone(rng.uniform(0.05, 0.15), rng.uniform(0, 0.3), rng.uniform(0.75, 0.98)))
    return palette.cloth(rng) if kind < 0.75 else palette.lacquer(rng)


def shade(mesh: MeshBuilder, rng: random.Random, radius: float) -> None:
    """Shade around the bulb at the origin: a drum, cone, dome, globe, pleats or a bare bulb."""
    r, cover = radius, screen(rng)
    tall = r * rng.uniform(0.7, 1.5)
    kind = rng.choice(("drum", "cone", "dome", "globe", "pleats", "bell"))
    if kind == "drum":
        mesh.lathe((0, 0, -tall / 2), [(r, 0), (r * rng.uniform(0.85, 1), tall)], cover)
    elif kind == "cone":
        mesh.lathe((0, 0, -tall / 2), [(r, 0), (r * rng.uniform(0.15, 0.7), tall)], cover, rng.choice((4, 6, 24)))
    elif kind == "dome":
        mesh.lathe(
            (0, 0, -tall / 3), [(r * math.cos(a), tall * math.sin(a)) for a in (0, 0.3, 0.6, 0.9, 1.2, 1.5)], cover
        )
    elif kind == "globe":
        mesh.ball((0, 0, 0), (r * 0.8, r * 0.8, r * rng.uniform(0.5, 1)), cover)
        return
    elif kind == "bell":
        mesh.lathe(
            (0, 0, -tall / 2),
            [(r, 0), (r * 0.8, 0.1 * tall), (r * 0.6, 0.5 * tall), (r * 0.25, 0.85 * tall), (0.03, tall)],
            cover,
        )
    else:
        count = 18
        for i in range(count):
            a = i * TAU / count
            mesh.rod(
                (r * math.cos(a), r * math.sin(a), -tall / 2),
                (0.7 * r * math.cos(a), 0.7 * r * math.sin(a), tall / 2),
                r * 0.14,
                cover,
            )
    mesh.ball((0, 0, 0), min(0.05, r * 0.35), bulb(rng), 10)


def foot(mesh: MeshBuilder, rng: random.Random, radius: float, metal: Any) -> None:
    """Foot of a lamp: a plate or a tripod."""
    if rng.random() < 0.7:
        mesh.lathe((0, 0, 0), [(0, 0), (radius, 0), (radius, 0.015), (radius * 0.5, 0.03), (0, 0.035)], metal)
    else:
        for i in range(3):
            a = i * TAU / 3 + 0.4
            mesh.rod((1.2 * radius * math.cos(a), 1.2 * radius * math.sin(a), 0), (0, 0, radius * 1.8), 0.012, metal)


def floor_lamp(mesh: MeshBuilder, rng: random.Random) -> None:
    """Lamp that stands on the floor: straight, bowed, or a paper column."""
    metal = palette.hard(rng) if rng.random() < 0.4 else palette.metal(rng)
    high, kind = rng.uniform(1.2, 1.8), rng.random()
    if kind < 0.12:
        wide = rng.uniform(0.12, 0.2)
        mesh.box((0, 0, 0), (2 * wide, 2 * wide, high * 0.8), screen(rng), 0.01)
        for i in range(4):
            mesh.box((0, 0, 0.02 + i * high * 0.25), (2 * wide + 0.01, 2 * wide + 0.01, 0.015), metal)
        return
    foot(mesh, rng, rng.uniform(0.12, 0.18), metal)
    if kind < 0.35:
        reach = rng.uniform(0.4, 1.0)
        bow = [(0.0, 0, 0.0), (0.0, 0, high * 0.6)]
        bow += [
            (reach * (1 - math.cos(a)) / 1.5, 0, high * (0.6 + 0.45 * math.sin(a))) for a in (0.4, 0.8, 1.2, 1.6, 2.0)
        ]
        mesh.tube(bow, 0.012, metal)
        shade(mesh.at((bow[-1][0], 0, bow[-1][2] - 0.1)), rng, rng.uniform(0.12, 0.2))
        return
    mesh.rod((0, 0, 0), (0, 0, high), rng.uniform(0.008, 0.025), metal)
    if rng.random() < 0.25:
        for i in range(3):
            a, z = i * TAU / 3, high * (0.7 + 0.12 * i)
            tip = (0.25 * math.cos(a), 0.25 * math.sin(a), z + 0.08)
            mesh.rod((0, 0, z), tip, 0.009, metal)
            shade(mesh.at(tip, (0, 0.5, a)), rng, 0.09)
        return
    shade(mesh.at((0, 0, high)), rng, rng.uniform(0.14, 0.28))


def table_lamp(mesh: MeshBuilder, rng: random.Random) -> None:
    """Table lamp: a turned body, or a desk lamp with joints."""
    body, high = rng.choice((palette.hard, palette.metal, palette.lacquer))(rng), rng.uniform(0.2, 0.4)
    if rng.random() < 0.35:
        foot(mesh, rng, 0.09, body)
        elbow, head = (rng.uniform(-0.15, 0), 0, high), (rng.uniform(0.08, 0.25), 0, high * rng.uniform(1.1, 1.5))
        mesh.rod((0, 0, 0.02), elbow, 0.008, body)
        mesh.rod(elbow, head, 0.008, body)
        mesh.ball(elbow, 0.016, body, 8)
        place = mesh.at(head, (0, rng.uniform(0.2, 0.9), 0))
        place.lathe((0, 0, -0.1), [(0.075, 0), (0.06, 0.06), (0.03, 0.11), (0, 0.12)], body)
        place.ball((0, 0, -0.06), 0.03, bulb(rng), 10)
        return
    r = rng.uniform(0.04, 0.1)
    curve = [(0, 0), (r, 0)] + [(r * rng.uniform(0.3, 1.2), high * t) for t in (0.15, 0.35, 0.55, 0.75)]
    mesh.lathe((0, 0, 0), [*curve, (0.012, high * 0.9), (0.012, high)], body)
    shade(mesh.at((0, 0, high + 0.04)), rng, rng.uniform(0.09, 0.2))


def pendant(mesh: MeshBuilder, rng: random.Random) -> None:
    """One lamp on a cord, or a row of them on a bar."""
    count, drop, cord = rng.choice((1, 1, 1, 3)), rng.uniform(0.3, 1.1), palette.dark(rng)
    r = rng.uniform(0.13, 0.3) if count == 1 else rng.uniform(0.08, 0.14)
    look = rng.randrange(2**30)
    if count > 1:
        mesh.box((0, 0, -0.03), (1.0, 0.05, 0.03), cord)
    else:
        mesh.cylinder((0, 0, -0.03), 0.05, 0.03, palette.metal(rng), 16)
    for i in range(count):
        x = (i - (count - 1) / 2) * 0.42
        mesh.rod((x, 0, -0.01), (x, 0, -drop), 0.004, cord)
        shade(mesh.at((x, 0, -drop)), random.Random(look), r)


def chandelier(mesh: MeshBuilder, rng: random.Random) -> None:
    """Ring of arms with small lamps around a stem."""
    metal, drop, reach, count = palette.metal(rng), rng.uniform(0.35, 0.8), rng.uniform(0.25, 0.45), rng.randint(4, 9)
    mesh.lathe(
        (0, 0, 0),
        [
            (0, 0),
            (0.06, 0),
            (0.03, -0.04),
            (0.006, -0.06),
            (0.006, -drop),
            (0.05, -drop - 0.03),
            (0.03, -drop - 0.1),
            (0, -drop - 0.13),
        ],
        metal,
    )
    light, sag, candle = bulb(rng), rng.uniform(0.03, 0.12), palette.light(rng)
    if rng.random() < 0.4:
        mesh.ring((0, 0, -drop), reach, 0.012, metal)
    for i in range(count):
        a = i * TAU / count
        arm = [
            (reach * t * math.cos(a), reach * t * math.sin(a), -drop - sag * math.sin(math.pi * t) + 0.02 * t)
            for t in (0, 0.25, 0.5, 0.75, 1)
        ]
        mesh.tube(arm, 0.008, metal)
        x, y, z = arm[-1]
        mesh.lathe((x, y, z), [(0.012, 0), (0.035, 0.012)], metal, 10)
        mesh.cylinder((x, y, z), 0.012, 0.07, candle, 8)
        mesh.ball((x, y, z + 0.09), (0.016, 0.016, 0.03), light, 8)


def ceiling_light(mesh: MeshBuilder, rng: random.Random) -> None:
    """Flat lamp, tube lamp, spots on a rail, or a fan under the ceiling."""
    kind, metal = rng.choice(("disc", "tube", "spots", "fan")), palette.metal(rng)
    if kind == "disc":
        r, deep = rng.uniform(0.13, 0.28), rng.uniform(0.05, 0.12)
        mesh.lathe((0, 0, 0), [(0, 0), (r, 0), (r, -deep * 0.4), (r * 0.8, -deep), (0, -deep)], bulb(rng))
        mesh.lathe((0, 0, 0), [(r * 1.04, 0), (r * 1.04, -0.02)], metal)
    elif kind == "tube":
        long = rng.uniform(0.6, 1.5)
        mesh.box((0, 0, -0.05), (long, 0.12, 0.05), palette.light(rng))
        for y in (-0.03, 0.03):
            mesh.rod((-long * 0.48, y, -0.065), (long * 0.48, y, -0.065), 0.014, bulb(rng))
    elif kind == "spots":
        count = rng.randint(2, 5)
        mesh.box((0, 0, -0.03), (count * 0.22, 0.04, 0.03), metal)
        for i in range(count):
            place = mesh.at(
                ((i - (count - 1) / 2) * 0.2, 0, -0.07), (rng.uniform(-0.8, 0.8), rng.uniform(-0.8, 0.8), 0)
            )
            place.lathe((0, 0, 0), [(0, 0.04), (0.03, 0.04), (0.04, -0.06), (0.035, -0.06), (0, -0.05)], metal, 12)
    else:
        drop, blade, count = rng.uniform(0.2, 0.4), palette.hard(rng, 0), rng.randint(3, 5)
        mesh.rod((0, 0, 0), (0, 0, -drop), 0.015, metal)
        mesh.lathe((0, 0, -drop - 0.06), [(0, 0), (0.08, 0.01), (0.1, 0.06), (0.05, 0.1)], metal)
        for i in range(count):
            mesh.at((0, 0, -drop), (0.2, 0, i * TAU / count)).box((0.35, 0, 0), (0.5, 0.12, 0.01), blade, 0.004)


LAMPS = (
    make_family("floor lamp", 35, "floor", floor_lamp),
    make_family("table lamp", 35, "surface", table_lamp),
    make_family("pendant", 35, "ceiling", pendant),
    make_family("chandelier", 35, "ceiling", chandelier),
    make_family("ceiling light", 35, "ceiling", ceiling_light),
)
