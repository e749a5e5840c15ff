# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Chairs, stools, benches and poufs."""

from __future__ import annotations

import math
import random
from typing import Any

from bgflow_rooms.furniture.couches import legs, upholstery
from bgflow_rooms.furniture.mesh_builder import TAU, MeshBuilder, make_family
from bgflow_rooms.materials import palette

__all__ = ["SEATING"]


def chair(mesh: MeshBuilder, rng: random.Random) -> None:
    """Dining chair of wood, metal or plastic with one of several backs."""
    timber = palette.hard(rng, 2)
    seat = rng.choice((lambda: timber, lambda: palette.cloth(rng), lambda: palette.plastic(rng)))()
    wide, deep, high = rng.uniform(0.38, 0.5), rng.uniform(0.38, 0.48), rng.uniform(0.42, 0.48)
    top, lean, r = rng.uniform(0.78, 1.1), rng.uniform(0.02, 0.12), rng.uniform(0.01, 0.022)
    if rng.random() < 0.2:
        mesh.cylinder((0, 0, high), wide / 2, 0.03, seat)
    else:
        mesh.box((0, 0, high), (wide, deep, rng.uniform(0.02, 0.07)), seat, 0.015, 2)
    if rng.random() < 0.8:
        legs(mesh, rng, (wide, deep, high + 0.01), timber, rng.uniform(0, 0.05))
    else:
        for side in (-1, 1):
            x, y = side * (wide / 2 - 0.02), deep / 2
            mesh.tube([(x, y, high), (x, -y, high), (x, -y, 0.02), (x, y, 0.02)], 0.012, timber)
    for side in (-1, 1):
        x = side * (wide / 2 - r)
        mesh.rod((x, deep / 2 - r, high), (x, deep / 2 - r + lean, top), r, timber)
    back(mesh, rng, (wide, deep, high, top, lean), timber, seat)
    if rng.random() < 0.2:
        for side in (-1, 1):
            x = side * wide / 2
            mesh.tube(
                [(x, deep / 2, high + 0.2), (x, -deep / 2 + 0.06, high + 0.2), (x, -deep / 3, high)], 0.014, timber
            )


def back(mesh: MeshBuilder, rng: random.Random, frame: tuple[float, ...], timber: Any, cover: Any) -> None:
    """Back of a chair: slats, bars, a panel or a lattice."""
    wide, deep, high, top, lean = frame
    panel = mesh.at((0, deep / 2 - 0.015, high), (-math.atan2(lean, top - high), 0, 0))
    tall, kind = top - high, rng.choice(("slats", "bars", "panel", "top", "cross"))
    if kind == "slats":
        count = rng.randint(2, 5)
        for i in range(count):
            panel.box((0, 0, tall * (i + 0.8) / (count + 0.6)), (wide - 0.02, 0.018, tall / count * 0.45), timber)
    elif kind == "bars":
        count = rng.randint(3, 8)
        for i in range(count):
            x = (i + 0.5) / count * wide - wide / 2
            panel.rod((x, 0, 0), (x, 0, tall * 0.95), 0.008, timber)
    elif kind == "panel":
        low = rng.choice((0.0, 0.15))
        panel.box((0, 0, low), (wide * 0.96, 0.035, tall - low), cover, 0.015, 2)
    elif kind == "cross":
        panel.rod((-wide / 2, 0, 0.05), (wide / 2, 0, tall * 0.9), 0.01, timber)
        panel.rod((wide / 2, 0, 0.05), (-wide / 2, 0, tall * 0.9), 0.01, timber)
    panel.box((0, 0, tall * 0.86), (wide, 0.025, tall * 0.14), timber, 0.008)


def stool(mesh: MeshBuilder, rng: random.Random) -> None:
    """Low or bar stool, round or square."""
    high, wide, timber = (
        rng.choice((rng.uniform(0.35, 0.5), rng.uniform(0.6, 0.8))),
        rng.uniform(0.28, 0.4),
        palette.hard(rng),
    )
    seat = rng.choice((lambda: timber, lambda: upholstery(rng)))()
    thick = rng.uniform(0.025, 0.09)
    if rng.random() < 0.6:
        mesh.cylinder((0, 0, high - thick), wide / 2, thick, seat)
    else:
        mesh.box((0, 0, high - thick), (wide, wide * rng.uniform(0.7, 1), thick), seat, 0.02, 2)
    if rng.random() < 0.3:
        mesh.cylinder((0, 0, 0), wide * 0.55, 0.02, timber)
        mesh.rod((0, 0, 0), (0, 0, high - thick), 0.025, timber)
        return
    legs(mesh, rng, (wide * 0.68, wide * 0.68, high - thick), timber, rng.uniform(0, 0.06))
    if rng.random() < 0.6:
        mesh.ring((0, 0, high * 0.35), wide * 0.45, 0.009, timber)


def swivel(mesh: MeshBuilder, rng: random.Random) -> None:
    """Office chair on a star of wheels that faces -y."""
    frame, cover, black = palette.metal(rng), upholstery(rng), palette.dark(rng)
    wide, high, tall = rng.uniform(0.44, 0.54), rng.uniform(0.44, 0.54), rng.uniform(0.35, 0.75)
    for i in range(5):
        a = i * TAU / 5 + 0.3
        x, y = 0.29 * math.cos(a), 0.29 * math.sin(a)
        mesh.rod((0, 0, 0.11), (x, y, 0.07), 0.025, frame, 0.015)
        mesh.ball((x, y, 0.03), (0.03, 0.03, 0.03), black, 10)
    mesh.rod((0, 0, 0.1), (0, 0, high), 0.027, frame)
    mesh.box((0, 0, high - 0.03), (wide, 0.48, rng.uniform(0.06, 0.12)), cover, 0.035, 3)
    mesh.tube([(0, 0.1, high - 0.02), (0, 0.28, high), (0, 0.29, high + 0.3)], 0.022, frame)
    panel = mesh.at((0, 0.25, high + rng.uniform(0.08, 0.16)), (-0.12, 0, 0))
    panel.box(
        (0, 0, 0), (wide * rng.uniform(0.8, 1.0), rng.uniform(0.03, 0.1), tall), cover, rng.uniform(0.01, 0.05), 3
    )
    if tall > 0.6 and rng.random() < 0.5:
        panel.box((0, 0, tall + 0.04), (0.28, 0.07, 0.15), cover, 0.03, 2)
    if rng.random() < 0.7:
        for side in (-1, 1):
            x = side * (wide / 2 + 0.03)
            mesh.tube([(side * 0.1, 0, high - 0.02), (x, 0, high), (x, 0.02, high + 0.2)], 0.015, frame)
            mesh.box((x, -0.02, high + 0.2), (0.07, 0.26, 0.03), black, 0.012)


def bench(mesh: MeshBuilder, rng: random.Random) -> None:
    """Bench, with or without padding."""
    long, deep, high, timber = (
        rng.uniform(0.8, 1.8),
        rng.uniform(0.28, 0.45),
        rng.uniform(0.4, 0.48),
        palette.hard(rng, 0),
    )
    count = rng.choice((1, 1, 3, 5))
    for i in range(count):
        y = (i + 0.5) / count * deep - deep / 2
        mesh.box((0, y, high - 0.035), (long, deep / count * (0.85 if count > 1 else 1), 0.035), timber, 0.005)
    if rng.random() < 0.5:
        legs(mesh, rng, (long * 0.92, deep * 0.9, high - 0.03), timber)
    else:
        for side in (-1, 1):
            mesh.box((side * long * 0.42, 0, 0), (0.05, deep * 0.9, high - 0.03), timber)
    if count == 1 and rng.random() < 0.5:
        mesh.box((0, 0, high), (long * 0.98, deep * 0.98, 0.06), upholstery(rng), 0.025, 2)


def pouf(mesh: MeshBuilder, rng: random.Random) -> None:
    """Pouf, hassock or beanbag."""
    wide, cover, kind = rng.uniform(0.35, 0.7), upholstery(rng), rng.random()
    high = wide * rng.uniform(0.5, 0.9)
    if kind < 0.35:
        mesh.box((0, 0, 0), (wide, wide * rng.uniform(0.7, 1.2), high), cover, 0.05, 3)
    elif kind < 0.65:
        mesh.lathe(
            (0, 0, 0),
            [
                (0, 0),
                (wide * 0.45, 0),
                (wide / 2, high * 0.2),
                (wide / 2, high * 0.8),
                (wide * 0.44, high * 0.98),
                (0, high),
            ],
            cover,
        )
    else:
        bag = [(0, 0), (0.5, 0.02), (0.58, 0.2), (0.5, 0.5), (0.3, 0.85), (0.1, 1.05), (0, 1.08)]
        size = rng.uniform(0.5, 0.9)
        mesh.at((0, 0, 0), (rng.uniform(-0.12, 0.12), 0, 0), size).lathe((0, 0, 0), bag, cover)


SEATING = (
    make_family("chair", 5, "floor", chair),
    make_family("stool", 5, "floor", stool),
    make_family("swivel chair", 5, "floor", swivel),
    make_family("bench", 39, "floor", bench),
    make_family("pouf", 39, "floor", pouf),
)
