# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Random colours and materials for furniture: woods, cloths, leathers, metals, plastics, lacquers."""

from __future__ import annotations

import colorsys
import random
from collections.abc import Sequence
from typing import Any

from bgflow_rooms.materials import nodes as materials
from bgflow_rooms.materials import photographs
from bgflow_rooms.materials.nodes import Graph

__all__ = ["cloth", "color", "dark", "greens", "hard", "lacquer", "leather", "light", "metal", "plastic", "wood"]

NEUTRALS = (
    "#f4f2ec",
    "#e9e6df",
    "#d8d2c6",
    "#bdb7ac",
    "#9a9a98",
    "#77787a",
    "#55575a",
    "#37383a",
    "#1e1e20",
    "#ffffff",
)
WOODS = (
    ("#8f6640", "#d0ad80"),
    ("#8a5a33", "#b98550"),
    ("#4a2e1c", "#7a5233"),
    ("#2c1b12", "#4d3222"),
    ("#b9935f", "#e3c796"),
    ("#6b2f1c", "#9a4c2c"),
    ("#a99c8c", "#d2c8ba"),
    ("#c4a27a", "#f0dcbc"),
    ("#5d564f", "#8a8178"),
    ("#7c3f1d", "#c47a3d"),
)


def tone(hue: float, saturation: float, value: float) -> str:
    """Colour '#rrggbb' of a hue, saturation and value from 0 to 1."""
    return "#" + "".join(f"{round(255 * c):02x}" for c in colorsys.hsv_to_rgb(hue % 1, saturation, value))


def color(rng: random.Random) -> str:
    """Any colour: often a neutral or a muted one, sometimes a vivid one."""
    kind = rng.random()
    if kind < 0.3:
        return rng.choice(NEUTRALS)
    if kind < 0.45:
        return tone(rng.uniform(0.03, 0.14), rng.uniform(0.1, 0.6), rng.uniform(0.15, 0.9))  # beige to brown
    if kind < 0.75:
        return tone(rng.random(), rng.uniform(0.1, 0.45), rng.uniform(0.2, 0.95))
    return tone(rng.random(), rng.uniform(0.5, 0.95), rng.uniform(0.3, 0.95))


def dark(rng: random.Random) -> Any:
    """Black or nearly black: rubber, burnt steel, screens."""
    grey = rng.uniform(0.02, 0.16)
    return materials.plain(tone(rng.random(), rng.uniform(0, 0.2), grey), rng.uniform(0.15, 0.7))


def light(rng: random.Random) -> Any:
    """White or nearly white: enamel, ceramic, paper."""
    white = tone(rng.uniform(0.05, 0.6), rng.uniform(0, 0.08), rng.uniform(0.8, 0.98))
    return materials.plain(white, rng.uniform(0.1, 0.5), coat=rng.choice((0.0, 0.5)))


def metal(rng: random.Random) -> Any:
    """Steel, brass, copper, black or white iron."""
    shade = rng.choice(
        ("#c8c8c8", "#b9bbbe", "#8d8f92", "#a98b4f", "#b87348", "#d9c27e", "#2a2a2c", "#1c1c1c", "#f0f0ee")
    )
    return materials.plain(
        shade, rng.uniform(0.15, 0.5), 1.0 if shade not in ("#2a2a2c", "#1c1c1c", "#f0f0ee") else 0.0
    )


def plastic(rng: random.Random) -> Any:
    """Plastic of any colour."""
    return materials.plain(color(rng), rng.uniform(0.2, 0.6))


def lacquer(rng: random.Random) -> Any:
    """Painted wood or glossy lacquer of any colour."""
    return materials.plain(color(rng), rng.uniform(0.08, 0.5), coat=rng.choice((0.0, 0.3, 0.8)))


def leather(rng: random.Random) -> Any:
    """Leather, mostly brown or black."""
    shades = ("#2a1c15", "#5a3420", "#8a5430", "#1b1b1c", "#efe9dd", "#6d2323", "#3b4a3a", "#b98a5c", "#27364d")
    return materials.plain(rng.choice((*shades, color(rng))), rng.uniform(0.25, 0.5))


def wood(rng: random.Random, axis: int | None = None) -> Any:
    """Wood of a random kind, with its grain along a local axis (0, 1, 2) or a random one."""
    along = rng.randrange(3) if axis is None else axis
    return materials.wood(*rng.choice(WOODS), along, rng.uniform(0.2, 0.65))


def hard(rng: random.Random, axis: int | None = None) -> Any:
    """Material of a piece of furniture: wood or lacquer, rarely metal or plastic, or a photographed surface."""
    photograph = photographs.material(rng)
    if photograph is not None:
        return photograph
    kind = rng.random()
    if kind < 0.5:
        return wood(rng, axis)
    if kind < 0.65:
        return light(rng)
    return lacquer(rng) if kind < 0.9 else rng.choice((metal, plastic, dark))(rng)


def greens(rng: random.Random) -> Any:
    """Green material of leaves."""
    hue, value = rng.uniform(0.2, 0.42), rng.uniform(0.15, 0.5)
    deep, pale = tone(hue, 0.6, value), tone(hue - 0.03, rng.uniform(0.3, 0.6), min(1, value * 1.8))
    return materials.foliage(deep, pale, rng.uniform(8, 40))


def cloth(rng: random.Random, colors: Sequence[str] = ()) -> Any:
    """Cloth: plain, woven, with stripes, checks, dots, blotches or waves, or photographed."""
    photograph = photographs.material(rng)
    if photograph is not None:
        return photograph
    shades = list(colors) or [color(rng) for _ in range(rng.randint(2, 5))]
    kind = rng.random()
    if kind < 0.4:
        return materials.plain(shades[0], rng.uniform(0.7, 1.0))
    if kind < 0.5:
        return materials.fabric(shades[0], rng.uniform(0.002, 0.008))
    return pattern(rng, shades)


def pattern(rng: random.Random, shades: Sequence[str]) -> Any:
    """Cloth printed in the given colours."""
    g = Graph("pattern")
    turn = (rng.uniform(0, 3), rng.uniform(0, 3), rng.uniform(0, 3)) if rng.random() < 0.3 else (0.0, 0.0, 0.0)
    shift = (rng.random(), rng.random(), rng.random())
    at = g.node(
        "Mapping", {"Vector": g.node("TexCoord", {}).outputs["Object"], "Rotation": turn, "Location": shift}
    ).outputs[0]
    kind = rng.choice(("stripes", "checks", "dots", "blotches", "tartan"))
    if kind == "stripes":
        part = g.node("SeparateXYZ", {0: at}).outputs[rng.randrange(3)]
        factor = g.math("FRACT", g.math("MULTIPLY", part, rng.uniform(3, 25)), 0.0)
    elif kind == "checks":
        inputs = {"Vector": at, "Scale": rng.uniform(6, 40)}
        factor = g.node("TexChecker", inputs | {"Color1": (0, 0, 0, 1), "Color2": (0.99, 0.99, 0.99, 1)}).outputs[0]
    elif kind == "dots":
        factor = g.node("TexVoronoi", {"Vector": at, "Scale": rng.uniform(6, 40), "Randomness": rng.random()}).outputs[
            0
        ]
    elif kind == "blotches":
        factor = g.noise(at, rng.uniform(3, 20), 2.0, 0.5, rng.uniform(0, 2))
        factor = g.math("MULTIPLY", g.math("SUBTRACT", factor, 0.3), 2.5)
    else:
        x, _, z = g.node("SeparateXYZ", {0: at}).outputs[:3]
        scale = rng.uniform(5, 20)
        folds = [g.math("FRACT", g.math("MULTIPLY", part, scale), 0.0) for part in (x, z)]
        factor = g.math("MULTIPLY", g.math("ADD", folds[0], folds[1]), 0.5)
    tint = g.ramp(factor, *shades, steps=rng.random() < 0.8)
    return g.principled(tint, rng.uniform(0.6, 1.0))
