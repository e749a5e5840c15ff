# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Wallpapers and their designs, which carpets share. `at` is a socket with texture coordinates in metres."""

from __future__ import annotations

import random
from typing import Any

from bgflow_rooms.materials.nodes import Graph, Look, linear
from bgflow_rooms.materials.palette import tone
from bgflow_rooms.materials.patterns import blend, parts
from bgflow_rooms.weighted_choice import weighted_choice

__all__ = ["design", "paper"]


def related(rng: random.Random) -> list[str]:
    """Four colours of one wallpaper: faint, or strong and far apart."""
    hue, strong = rng.random(), rng.random() < 0.45
    value = rng.choice((rng.uniform(0.75, 0.98), rng.uniform(0.4, 0.8), rng.uniform(0.1, 0.4)))
    shades = [tone(hue, rng.uniform(0, 0.7 if strong else 0.3), value)]
    for _ in range(3):
        other = value * rng.uniform(0.7, 1.05) if not strong else rng.uniform(0.15, 0.98)
        shades.append(tone(hue + rng.gauss(0, 0.12 if strong else 0.05), rng.uniform(0, 0.7 if strong else 0.3), other))
    return shades


def place(g: Graph, value: Any, size: float) -> Any:
    """Position from 0 to 1 within a pattern that repeats every `size` metres."""
    return g.math("FRACT", g.math("DIVIDE", value, size), 0.0)


def stripes(g: Graph, at: Any, size: float, shades: list[str], rng: random.Random) -> Any:
    """Stripes, mostly upright: even ones, or a repeat of wide and narrow ones."""
    factor = place(g, parts(g, at)[0 if rng.random() < 0.85 else 1], size)
    if rng.random() < 0.55:
        return g.ramp(factor, *shades[: rng.choice((2, 2, 3))], steps=True)
    repeat = [shades[0]] * rng.randint(2, 6) + [shades[1]] + [shades[0]] * rng.randint(1, 3) + [shades[2]]
    return g.ramp(factor, *repeat, steps=True)


def damask(g: Graph, at: Any, size: float, shades: list[str], rng: random.Random) -> Any:
    """Mirrored leafy figures, every second column half a repeat lower."""
    x, y = parts(g, at)
    size = 0.1 + 1.4 * size
    high = size * rng.uniform(1.2, 1.8)
    column = g.math("FLOOR", g.math("DIVIDE", x, size), 0.0)
    u = g.math("ABSOLUTE", g.math("SUBTRACT", place(g, x, size), 0.5), 0.0)
    v = g.math("SUBTRACT", place(g, g.math("ADD", y, g.math("MULTIPLY", column, high / 2)), high), 0.5)
    folded = g.node("CombineXYZ", {0: u, 1: v, 2: rng.uniform(0, 50)}).outputs[0]
    leafy = g.noise(folded, rng.uniform(4, 8), 2.0, 0.5, rng.uniform(0.5, 2))
    away = g.node("VectorMath", {0: g.node("CombineXYZ", {0: u, 1: v}).outputs[0]}, operation="LENGTH").outputs[1]
    figure = g.math("SUBTRACT", g.math("ADD", leafy, 0.35), g.math("MULTIPLY", away, rng.uniform(0.8, 1.5)))
    return g.ramp(figure, *shades[: rng.choice((2, 2, 3))], low=0.25, high=0.75, steps=rng.random() < 0.8)


def flowers(g: Graph, at: Any, size: float, shades: list[str], rng: random.Random) -> Any:
    """Blossoms with petals over a ground of leaves."""
    cells = {"Vector": at, "Scale": 1 / size, "Randomness": rng.uniform(0.3, 1.0)}
    distance, kind, middle = g.node("TexVoronoi", cells, voronoi_dimensions="2D").outputs[:3]
    x, y = parts(g, g.node("VectorMath", {0: at, 1: middle}, operation="SUBTRACT").outputs[0])
    turn = g.math("MULTIPLY", g.math("ARCTAN2", y, x), float(rng.choice((4, 5, 6, 8))))
    radius = g.math("SUBTRACT", distance, g.math("MULTIPLY", g.math("SINE", turn, 0.0), rng.uniform(0.03, 0.08)))
    petal = g.ramp(kind, shades[1], shades[2], low=0.2, high=0.8, steps=True)
    green = tone(rng.uniform(0.2, 0.45), rng.uniform(0.15, 0.6), rng.uniform(0.2, 0.8))
    foliage = g.noise(at, rng.uniform(1.0, 2.0) / size, 2.0, 0.5, 2.0)
    ground = g.ramp(foliage, shades[0], rng.choice((green, shades[0])), low=0.2, high=0.8, steps=True)
    heart = blend(g, g.math("LESS_THAN", radius, 0.09), petal, shades[3])
    return blend(g, g.math("LESS_THAN", radius, rng.uniform(0.22, 0.36)), ground, heart)


def leaves(g: Graph, at: Any, size: float, shades: list[str], rng: random.Random) -> Any:
    """Foliage or marbling without a repeat."""
    factor = g.noise(at, 0.7 / size, 3.0, 0.6, rng.uniform(0.5, 2.5))
    return g.ramp(factor, *shades[:3], low=0.3, high=0.7, steps=rng.random() < 0.6)


def dots(g: Graph, at: Any, size: float, shades: list[str], rng: random.Random) -> Any:
    """Dots in rows or strewn."""
    cells = {"Vector": at, "Scale": 1 / size, "Randomness": rng.choice((0.0, 0.0, 1.0))}
    factor = g.node("TexVoronoi", cells, voronoi_dimensions="2D").outputs[0]
    return g.ramp(factor, shades[1], shades[0], high=rng.uniform(0.2, 0.9), steps=True)


def checks(g: Graph, at: Any, size: float, shades: list[str], rng: random.Random) -> Any:
    """Crossed bands in three tones."""
    share = rng.uniform(0.3, 0.7)
    folds = [g.math("GREATER_THAN", place(g, part, size), share) for part in parts(g, at)]
    return g.ramp(g.math("DIVIDE", g.math("ADD", *folds), 2.01), *shades[:3], steps=True)


def zigzag(g: Graph, at: Any, size: float, shades: list[str], rng: random.Random) -> Any:
    """Chevrons one above the other."""
    x, y = parts(g, at)
    lifted = g.math("ADD", y, g.math("PINGPONG", x, size))
    return g.ramp(place(g, lifted, size), *shades[: rng.choice((2, 3))], steps=True)


def lattice(g: Graph, at: Any, size: float, shades: list[str], rng: random.Random) -> Any:
    """Lozenges."""
    folds = [g.math("PINGPONG", part, size) for part in parts(g, at)]
    factor = g.math("DIVIDE", g.math("ADD", *folds), 2 * size)
    return g.ramp(factor, *shades[:3], steps=rng.random() < 0.6)


DESIGNS = {stripes: 30, damask: 20, flowers: 16, leaves: 8, lattice: 9, dots: 7, zigzag: 5, checks: 5}


def design(g: Graph, at: Any, shades: list[str], rng: random.Random) -> Any:
    """Colour of a random design in four shades."""
    return weighted_choice(DESIGNS, rng)(g, at, rng.uniform(0.05, 0.35), shades, rng)


def paper(g: Graph, at: Any, rng: random.Random) -> Look:
    """Wallpaper of a design, matt or with a sheen, sometimes mixed with its ground until it is faint."""
    shades = related(rng)
    tint = design(g, at, shades, rng)
    if rng.random() < 0.3:
        tint = blend(g, rng.uniform(0.2, 0.7), tint, linear(shades[0]))
    return Look(tint, rng.choice((0.4, 0.7, 0.8, 0.9)))
