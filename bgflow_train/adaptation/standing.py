# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Things that stand in a room, told from pillars and from walls that were not found by their upper ends.

What stands away from the room's planes is foreground, unless it reaches the ceiling: then it may be a pillar, or a
wall. A thing's upper end is seen where something further away begins above it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bgflow_ros.media.posed_recording import PosedDepth
from bgflow_train.adaptation.room_planes import FURTHEST, RoomPlanes

__all__ = ["find_standing"]

Mask = npt.NDArray[np.bool_]

STEP, SHARE = 0.05, 0.03
"""Difference in depth to the pixel above from which on another surface begins, in metres, with a share of the depth."""
COLUMN = 0.1
"""Edge of the upright columns of the room that are judged as one, in metres."""
ROLL, STEEP = 0.5, 0.3
"""Sine of the camera's roll and cosine of its tilt beyond which the top of its image is not up."""
BIG = 1 << 20
"""More columns than a room is wide."""


def find_standing(views: Sequence[PosedDepth], room: RoomPlanes, away: Sequence[Mask]) -> list[Mask]:
    """Tell which pixels of views show things that surely stand in the room, H x W each.

    Args:
        views: Depth with poses in a world whose z axis points up.
        room: The room's planes.
        away: What stands away from them in each view, H x W.
    """
    upright = [_is_upright(view) for view in views]
    columns = [_columns(view) for view in views]
    endless, ended = [], []
    for view, stands, column, up in zip(views, away, columns, upright, strict=True):
        if up:
            reaching, ending = _upper_ends(view.depth, stands, room.on_ceiling(view))
            endless.append(column[reaching])
            ended.append(column[ending])
    barred = _more_often(endless, ended)
    around = np.unique(barred[:, None] + (BIG * np.arange(-1, 2)[:, None] + np.arange(-1, 2)).ravel())
    return [up & stands & ~_among(column, around) for stands, column, up in zip(away, columns, upright, strict=True)]


def _is_upright(view: PosedDepth) -> bool:
    """Tell whether the top of the image is up."""
    right, down = view.pose[2, :2]  # z of the image's axes
    return bool(abs(right) <= ROLL and -down >= STEEP)


def _columns(view: PosedDepth) -> npt.NDArray[np.int64]:
    """Number the upright column of the room that each pixel lies in, H x W; unknown ones in a far corner."""
    along = np.floor(np.nan_to_num(view.places(FURTHEST)[..., :2] / COLUMN, nan=BIG / 2)).astype(np.int64)
    return np.asarray(BIG * along[..., 0] + along[..., 1])


def _upper_ends(depth: npt.NDArray[np.float32], away: Mask, ceiling: Mask) -> tuple[Mask, Mask]:
    """Tell which pixels are of a surface that goes on to the image's upper edge or the ceiling, or that ends, H x W."""
    reaching, ending = np.zeros_like(away), np.zeros_like(away)
    last = np.full(depth.shape[1], np.nan, np.float32)  # the depth above, where it was known last
    reaches, ends = np.ones(depth.shape[1], np.bool_), np.zeros(depth.shape[1], np.bool_)
    for row, (here, stands, covered) in enumerate(zip(depth, away, ceiling, strict=True)):
        known = np.isfinite(here)
        step = np.float32(STEP) + np.float32(SHARE) * here
        same = ~(np.abs(last - here) > step)
        reaching[row] = known & stands & reaches & same
        ending[row] = known & stands & np.where(same, ends, last > here)
        reaches = np.where(known, reaching[row] | covered, reaches)
        ends = np.where(known, ending[row], ends)
        last = np.where(known, here, last)
    return reaching, ending


def _among(numbers: npt.NDArray[np.int64], ascending: npt.NDArray[np.int64]) -> Mask:
    """Tell which numbers are among some others, which ascend."""
    if len(ascending) == 0:
        return np.zeros(numbers.shape, np.bool_)
    place = np.searchsorted(ascending, numbers)
    return np.asarray(ascending[np.minimum(place, len(ascending) - 1)] == numbers)


def _more_often(these: list[npt.NDArray[np.int64]], others: list[npt.NDArray[np.int64]]) -> npt.NDArray[np.int64]:
    """Return the numbers that occur more often in some lists than in others."""
    counted = [np.concatenate([*part, np.empty(0, np.int64)]) for part in (these, others)]
    numbers, place = np.unique(np.concatenate(counted), return_inverse=True)
    split = len(counted[0])
    more, less = (np.bincount(part, minlength=len(numbers)) for part in (place[:split], place[split:]))
    return numbers[more > less]
