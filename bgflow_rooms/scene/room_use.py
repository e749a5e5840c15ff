# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""What a room is used for: most are for anything, the others have the furniture and the walls of their use."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from bgflow_rooms.weighted_choice import weighted_choice

__all__ = ["USES", "RoomUse", "sample_use"]


@dataclass(frozen=True)
class RoomUse:
    """A use of rooms."""

    families: frozenset[str] = field(default_factory=frozenset)
    """Names of the families that are frequent in it."""
    tiled: float = 0.0
    """Probability that its walls are tiled."""


USES = {
    "any": RoomUse(),
    "bath": RoomUse(
        frozenset({"toilet", "washbasin", "bathtub", "shower curtain", "towel rack", "scale", "mirror", "towel"}), 0.8
    ),
    "kitchen": RoomUse(
        frozenset(
            {"kitchen row", "refrigerator", "stove", "washing machine", "dining table", "chair", "counter", "bowl"}
            | {"cup", "bottles", "plates", "packs", "kettle", "microwave", "jar"}
        ),
        0.35,
    ),
    "office": RoomUse(
        frozenset(
            {"desk", "swivel chair", "filing cabinet", "bookcase", "whiteboard", "notice board", "monitor", "keyboard"}
            | {"laptop", "computer tower", "printer", "papers", "pen pot", "cabinet", "open shelves"}
        )
    ),
    "ward": RoomUse(
        frozenset(
            {"hospital bed", "drip stand", "overbed table", "trolley", "bed curtain", "night stand", "chair", "monitor"}
            | {"washbasin", "waste bin", "filing cabinet"}
        ),
        0.15,
    ),
    "shop": RoomUse(
        frozenset({"open shelves", "display case", "bookcase", "counter", "cartons", "packs", "book pile", "bottles"})
    ),
}
SHARES = {"any": 60, "bath": 9, "kitchen": 8, "office": 8, "ward": 8, "shop": 7}


def sample_use(rng: random.Random) -> str:
    """Sample the use of a room, a key of USES."""
    return weighted_choice(SHARES, rng)
