# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Panelling of walls: upright slats and framed panels. `at` is a socket with texture coordinates in metres.

The relief is part of the wall's own surface, so that pictures and sockets lie on top of it.
"""

from __future__ import annotations

import random
from typing import Any

from bgflow_rooms.materials.nodes import Graph, Look, linear
from bgflow_rooms.materials.palette import WOODS, color, tone
from bgflow_rooms.materials.patterns import darker, parts, stretch

__all__ = ["frames", "slats"]


def cover(g: Graph, at: Any, rng: random.Random) -> Any:
    """Colour of panelling: wood with upright grain, white, or painted."""
    kind = rng.random()
    if kind < 0.5:
        grain = g.noise(stretch(g, at, rng.uniform(10, 25), 1.2), 1.6, 3.0, 0.65, 0.6)
        return g.ramp(grain, *rng.choice(WOODS), low=0.25, high=0.75)
    if kind < 0.75:
        return linear(tone(rng.uniform(0.05, 0.6), rng.uniform(0, 0.08), rng.uniform(0.8, 0.97)))
    return linear(color(rng))


def slats(g: Graph, at: Any, rng: random.Random) -> Look:
    """Upright slats with dark gaps, or boards with grooves."""
    step = rng.choice((rng.uniform(0.03, 0.07), rng.uniform(0.08, 0.2)))
    gap = rng.choice((rng.uniform(0.08, 0.15), rng.uniform(0.25, 0.5)))
    x = g.math("DIVIDE", parts(g, at)[0], step)
    inside = g.math("GREATER_THAN", g.math("FRACT", x, 0.0), gap)
    each = g.node("TexWhiteNoise", {"W": g.math("FLOOR", x, 0.0)}, noise_dimensions="1D").outputs[0]
    tint = g.multiply(cover(g, at, rng), g.ramp(each, darker("#ffffff", rng.uniform(0.7, 1.0)), "#ffffff"))
    depth = g.ramp(inside, rng.choice(("#0a0a0a", "#3a3531", "#77716b")), "#ffffff")
    return Look(g.multiply(tint, depth), rng.uniform(0.2, 0.8), inside, 0.01)


def frames(g: Graph, at: Any, rng: random.Random) -> Look:
    """Rows of panels, each within a moulding."""
    wide, high = rng.uniform(0.35, 1.1), rng.choice((0.45, 0.6, 0.9, 2.4))
    x, y = parts(g, at)
    aside, up = g.math("PINGPONG", x, wide / 2), g.math("PINGPONG", y, high / 2)
    edge, rim = g.math("MINIMUM", aside, up), rng.uniform(0.04, 0.1)
    groove = g.math("ABSOLUTE", g.math("SUBTRACT", edge, rim), 0.0)
    shadow = darker("#ffffff", rng.uniform(0.4, 0.8))
    line = g.ramp(g.math("DIVIDE", groove, rng.uniform(0.015, 0.04)), shadow, "#ffffff")
    ridge = g.math("DIVIDE", g.math("MINIMUM", groove, 0.02), 0.02)
    return Look(g.multiply(cover(g, at, rng), line), rng.uniform(0.2, 0.7), ridge, 0.012)
