# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Drives of the same rooms on several days."""

from __future__ import annotations

from collections.abc import Sequence

from bgflow_train.studies.odometry.drive import Drive, DriveError

__all__ = ["by_day", "room_of"]


def room_of(drive: Drive) -> tuple[int, int]:
    """Return what tells rooms apart: seed and number."""
    return drive.description["seed"], drive.description["room"]


def by_day(drives: Sequence[Drive]) -> tuple[dict[tuple[int, int], Drive], list[Drive]]:
    """Find the drive of the first day of each room, in which nothing moves, and the drives of other days.

    Raises:
        DriveError: A drive has no day, a room has no first day, or there is no other day.
    """
    for drive in drives:
        if "day" not in drive.description:
            raise DriveError(f"{drive.path}: no day in drive.json; expected drives of `bgflow drives --days`")
    firsts = {
        room_of(drive): drive for drive in drives if drive.description["day"] == 1 and not drive.description["amount"]
    }
    others = [drive for drive in drives if drive.description["day"] > 1]
    lone = [drive for drive in others if room_of(drive) not in firsts]
    if lone:
        raise DriveError(f"{lone[0].path}: no drive of this room's first day; expected one with --amounts 0")
    if not others:
        raise DriveError(f"{drives[0].path.parent}: no drive of another day; expected drives of `bgflow drives --days`")
    return firsts, others
