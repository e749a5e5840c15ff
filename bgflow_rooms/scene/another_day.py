# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The same room on another day: furniture and things moved, removed and replaced; walls and windows as they were."""

from __future__ import annotations

import random
from collections.abc import Sequence

from bgflow_rooms.scene.drive_path import CLEARANCE
from bgflow_rooms.scene.furnish import Furnisher
from bgflow_rooms.scene.scene_builder import Piece
from bgflow_rooms.weighted_choice import weighted_choice

__all__ = ["clear", "rearrange"]

FATES = {"moved": 60, "removed": 20, "replaced": 20}
"""How often a piece that does not stay stands elsewhere, is gone, or has another in its stead."""


def clear(furnisher: Furnisher) -> None:
    """Take all furniture and things out of a room."""
    for surface in furnisher.surfaces:
        for thing in surface.things:
            thing.remove()
    for placement in furnisher.placed:
        placement.piece.remove()


def rearrange(
    furnisher: Furnisher, share: float, path: Sequence[tuple[float, float]], rng: random.Random
) -> tuple[int, int]:
    """Rearrange a furnished room.

    Args:
        furnisher: The furnisher of the room.
        share: Share of the pieces of furniture that do not stay, and chance of each thing on one that stays.
        path: Points x, y, in metres, that stay free of furniture.
        rng: Random numbers of the day.

    Returns:
        Number of pieces that did not stay, and number of all.
    """
    furnisher.rng = rng
    for point in path:
        furnisher.occupancy.reserve_floor(point, (2 * CLEARANCE, 2 * CLEARANCE), 0.0, 0.0, forced=True)
    count = len(furnisher.placed)
    going = rng.sample(furnisher.placed, round(share * count))
    things = [thing for surface in furnisher.surfaces for thing in _leaving(surface.things, share, rng)]
    for placement in going:
        furnisher.occupancy.release(placement.reserved)
        furnisher.placed.remove(placement)
        for surface in placement.carries:
            furnisher.surfaces.remove(surface)
            things += _leaving(surface.things, 1.0, rng)
    # All are out before the first is placed, so that they can change places.
    for placement in going:
        _place(furnisher, placement.piece, placement.where, rng)
    for thing in things:
        _place(furnisher, thing, "surface", rng)
    return len(going), count


def _leaving(things: list[Piece], share: float, rng: random.Random) -> list[Piece]:
    """Take a random share of things off their surface."""
    leaving = [thing for thing in things if rng.random() < share]
    things[:] = [thing for thing in things if thing not in leaving]
    return leaving


def _place(furnisher: Furnisher, piece: Piece, where: str, rng: random.Random) -> None:
    fate = weighted_choice(FATES, rng)
    if fate == "moved":
        furnisher.place(piece, where)
        return
    piece.remove()
    other = furnisher.pick(where) if fate == "replaced" else None
    if other is not None:
        furnisher.place(other, where)
