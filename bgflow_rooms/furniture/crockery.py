# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Crockery, food packages and small kitchen appliances that stand on tables."""

from __future__ import annotations

import math
import random
from typing import Any

from bgflow_rooms.furniture.mesh_builder import MeshBuilder, make_family
from bgflow_rooms.materials import nodes as materials
from bgflow_rooms.materials import palette

__all__ = ["CROCKERY", "glazed"]


def glazed(rng: random.Random) -> Any:
    """Ceramic or glass-like, plain or printed."""
    return palette.lacquer(rng) if rng.random() < 0.75 else palette.cloth(rng)


def cup(mesh: MeshBuilder, rng: random.Random) -> None:
    """Mug, cup or glass."""
    r, tall, glaze = rng.uniform(0.03, 0.048), rng.uniform(0.06, 0.14), glazed(rng)
    mesh.lathe(
        (0, 0, 0),
        [
            (0, 0),
            (r * rng.uniform(0.6, 1), 0),
            (r, tall * 0.4),
            (r * rng.uniform(0.9, 1.1), tall),
            (r * 0.88, tall),
            (r * 0.8, tall * 0.2),
            (0, tall * 0.15),
        ],
        glaze,
        16,
    )
    if rng.random() < 0.65:
        mesh.arc((r * 0.9, 0, tall * 0.5), tall * 0.3, 0.006, glaze, (-math.pi / 2, math.pi / 2), (math.pi / 2, 0, 0))
    if rng.random() < 0.3:
        mesh.lathe((0, 0, -0.012), [(0, 0), (0.05, 0), (0.08, 0.012), (0.05, 0.008)], glaze, 20)


def bottle(mesh: MeshBuilder, rng: random.Random) -> None:
    """One to four bottles, flasks or jars."""
    for i in range(rng.randint(1, 4)):
        r, tall, glass = rng.uniform(0.025, 0.05), rng.uniform(0.12, 0.34), palette.lacquer(rng)
        x, y = 0.11 * i, rng.uniform(-0.04, 0.04)
        neck, shoulder = r * rng.uniform(0.25, 0.8), tall * rng.uniform(0.5, 0.75)
        mesh.lathe(
            (x, y, 0),
            [(0, 0), (r, 0), (r, shoulder), (neck, shoulder + 0.2 * tall), (neck, tall), (0, tall)],
            glass,
            14,
        )
        mesh.cylinder((x, y, tall), neck * 1.1, 0.02, palette.plastic(rng), 10)
        if rng.random() < 0.6:
            mesh.lathe((x, y, shoulder * 0.25), [(r * 1.01, 0), (r * 1.01, shoulder * 0.5)], palette.cloth(rng), 14)


def bowl(mesh: MeshBuilder, rng: random.Random) -> None:
    """Bowl, often with fruit."""
    r, deep = rng.uniform(0.08, 0.18), rng.uniform(0.04, 0.1)
    mesh.lathe(
        (0, 0, 0),
        [
            (0, 0),
            (r * 0.45, 0),
            (r * 0.8, deep * 0.4),
            (r, deep),
            (r * 0.96, deep),
            (r * 0.7, deep * 0.4),
            (0, deep * 0.15),
        ],
        glazed(rng),
        24,
    )
    if rng.random() < 0.7:
        skins = [
            materials.plain(
                palette.tone(rng.uniform(-0.03, 0.33), rng.uniform(0.6, 0.95), rng.uniform(0.4, 0.95)), 0.35
            )
            for _ in range(3)
        ]
        for i in range(rng.randint(3, 9)):
            size, a = rng.uniform(0.025, 0.042), i * 2.4
            reach = r * 0.5 * (i < 6)
            mesh.ball(
                (reach * math.cos(a), reach * math.sin(a), deep * 0.5 + size * (0.8 if i < 6 else 2)),
                (size, size, size * rng.uniform(0.8, 1.2)),
                rng.choice(skins),
                10,
            )


def plates(mesh: MeshBuilder, rng: random.Random) -> None:
    """Stack of plates, or a place setting with fork and knife."""
    r, glaze, count = rng.uniform(0.08, 0.14), glazed(rng), rng.choice((1, 1, 2, 5, 8))
    for i in range(count):
        mesh.lathe(
            (0, 0, 0.012 * i),
            [(0, 0), (r * 0.6, 0), (r, 0.018), (r * 0.98, 0.021), (r * 0.62, 0.006), (0, 0.005)],
            glaze,
            24,
        )
    if count == 1:
        steel = palette.metal(rng)
        for side in (-1, 1):
            mesh.box((side * (r + 0.03), 0, 0), (0.012, 0.18, 0.004), steel)
            mesh.box((side * (r + 0.03), 0.08, 0.001), (0.022, 0.05, 0.004), steel)
        if rng.random() < 0.5:
            mesh.ball((0, 0, 0.02), (r * 0.4, r * 0.3, 0.02), palette.plastic(rng), 10)


def pack(mesh: MeshBuilder, rng: random.Random) -> None:
    """Cartons of milk, cereal or medicine, tins."""
    for i in range(rng.randint(1, 4)):
        x, kind = 0.13 * i, rng.random()
        if kind < 0.3:
            r, tall = rng.uniform(0.03, 0.05), rng.uniform(0.06, 0.14)
            mesh.cylinder((x, 0, 0), r, tall, palette.cloth(rng), 16)
            mesh.cylinder((x, 0, tall), r * 0.95, 0.003, palette.metal(rng), 16)
            continue
        w, d, h = rng.uniform(0.05, 0.12), rng.uniform(0.04, 0.09), rng.uniform(0.06, 0.3)
        place = mesh.at((x, 0, 0), (0, 0, rng.uniform(-0.4, 0.4)))
        place.box((0, 0, 0), (w, d, h), palette.plastic(rng))
        place.box(
            (0, -0.001, h * rng.uniform(0.1, 0.5)),
            (w * rng.uniform(0.6, 1.01), d + 0.002, h * 0.35),
            palette.cloth(rng),
        )
        if kind > 0.75:
            place.add(
                [
                    (-w / 2, -d / 2, h),
                    (w / 2, -d / 2, h),
                    (w / 2, d / 2, h),
                    (-w / 2, d / 2, h),
                    (-w / 2, 0, h + d * 0.6),
                    (w / 2, 0, h + d * 0.6),
                ],
                [(0, 1, 5, 4), (2, 3, 4, 5), (0, 4, 3), (1, 2, 5)],
                palette.light(rng),
            )


def kettle(mesh: MeshBuilder, rng: random.Random) -> None:
    """Kettle, tea pot or coffee pot."""
    r, tall, body, dark = (
        rng.uniform(0.07, 0.11),
        rng.uniform(0.12, 0.24),
        rng.choice((palette.metal, palette.lacquer))(rng),
        palette.dark(rng),
    )
    mesh.lathe(
        (0, 0, 0),
        [
            (0, 0),
            (r, 0),
            (r * rng.uniform(0.9, 1.2), tall * 0.35),
            (r * 0.65, tall * 0.95),
            (0.02, tall),
            (0.02, tall + 0.02),
            (0, tall + 0.03),
        ],
        body,
    )
    mesh.rod((r * 0.8, 0, tall * 0.45), (r * 1.5, 0, tall * 0.9), 0.022, body, 0.012)
    mesh.arc((-r * 0.8, 0, tall * 0.55), tall * 0.38, 0.011, dark, (math.pi / 2, 3 * math.pi / 2), (math.pi / 2, 0, 0))


def microwave(mesh: MeshBuilder, rng: random.Random) -> None:
    """Microwave oven or toaster oven."""
    wide, deep, high, body = (
        rng.uniform(0.38, 0.55),
        rng.uniform(0.3, 0.4),
        rng.uniform(0.22, 0.32),
        rng.choice((palette.light, palette.metal, palette.dark, palette.lacquer))(rng),
    )
    mesh.box((0, 0, 0.01), (wide, deep, high), body, 0.008)
    mesh.box((-wide * 0.12, -deep / 2, 0.04), (wide * 0.68, 0.014, high - 0.06), palette.dark(rng))
    mesh.rod(
        (wide * 0.2, -deep / 2 - 0.03, 0.06), (wide * 0.2, -deep / 2 - 0.03, high - 0.04), 0.008, palette.metal(rng)
    )
    for i in range(3):
        z = high * (0.3 + 0.2 * i)
        mesh.rod((wide * 0.37, -deep / 2, z), (wide * 0.37, -deep / 2 - 0.02, z), 0.02, palette.metal(rng))


CROCKERY = (
    make_family("cup", 40, "surface", cup),
    make_family("bottles", 40, "surface", bottle),
    make_family("bowl", 40, "surface", bowl),
    make_family("plates", 40, "surface", plates),
    make_family("packs", 40, "surface", pack),
    make_family("kettle", 40, "surface", kettle),
    make_family("microwave", 40, "surface", microwave),
)
