# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""What the rooms know about a kind of furniture."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bgflow_rooms.furniture.object_builder import ObjectBuilder

__all__ = ["Family"]


@dataclass(frozen=True)
class Family:
    """A kind of furniture and the function that builds a random piece of it. Lengths are in metres.

    Attributes:
        name: for example "armchair".
        label: class among the 40 of NYU Depth v2.
        place: "wall" (its back against a wall, faces -y, origin at the middle of its back edge on the floor), "floor"
            (free-standing, origin under its middle), "surface" (small, stands on tables and shelves), "hung" (flat on
            a wall, origin at its middle, faces -y) or "ceiling" (origin at the ceiling, extends to -z).
        build: builds one at the builder's origin and returns its size (width x, depth y, height z).
        tops: whether its upper face, at the returned height, is a place to put things.
    """

    name: str
    label: int
    place: str
    build: Callable[[ObjectBuilder, random.Random], tuple[float, float, float]]
    supports: bool = False
