# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Description of one family of furniture."""

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
    """Family of furniture and the function that builds a random piece of it. Lengths are in metres.

    Attributes:
        name: name of the family, such as "armchair".
        label: class, one of the 40 of NYU Depth v2.
        place: "wall" (stands with its back against a wall, faces -y, origin on the floor at the middle of its back
            edge), "floor" (stands free, origin below its centre), "surface" (small, stands on tables and shelves),
            "hung" (hangs flat on a wall, faces -y, origin at its centre) or "ceiling" (hangs from its origin to -z).
        build: function that builds a piece at the builder's origin and returns its size (width x, depth y, height z).
        tops: whether objects may stand on its upper face, which lies at the returned height.
    """

    name: str
    label: int
    place: str
    build: Callable[[ObjectBuilder, random.Random], tuple[float, float, float]]
    supports: bool = False
