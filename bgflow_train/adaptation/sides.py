# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Both sides of a building's images, as far as depth with poses tells them: background on the room's planes, and things
that stand in the room.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import roc_auc_score

from bgflow_ros.media.posed_recording import PosedDepth
from bgflow_train.adaptation.cells import Look
from bgflow_train.adaptation.checks import AdaptationError
from bgflow_train.adaptation.room_planes import find_planes
from bgflow_train.adaptation.standing import find_standing

__all__ = ["Sides", "auroc", "find_sides"]

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Sides:
    """Masks of some images, H x W each; pixels that nobody can tell are on neither side."""

    planes: list[Mask]
    """What lies on floor, ceiling or walls: background, but for what is flat, such as doors and boards."""
    standing: list[Mask]
    """Things that surely stand in the room."""

    def __getitem__(self, images: slice) -> Sides:
        return Sides(self.planes[images], self.standing[images])

    def is_background(self, look: Look, threshold: float) -> Mask:
        """Tell which cells are background: on the planes, and not called foreground, as rugs and doors are."""
        return look.mostly(self.planes[look.number]) & (look.logit > threshold)

    def is_standing(self, look: Look) -> Mask:
        """Tell which cells are things, whatever the model says."""
        return look.mostly(self.standing[look.number])

    def sampled(self, pixels: tuple[slice, slice]) -> tuple[Mask, Mask]:
        """Return a sample of the pixels of planes and of things, in the order of the images."""
        return (
            np.concatenate([mask[pixels].ravel() for mask in self.planes]),
            np.concatenate([mask[pixels].ravel() for mask in self.standing]),
        )


def find_sides(views: Sequence[PosedDepth], advance: Callable[[], Any]) -> Sides:
    """Find the sides of the images of some views; `advance` is called twice for each.

    Raises:
        AdaptationError: The depth shows no floor.
    """

    def told() -> Iterator[PosedDepth]:
        for view in views:
            yield view
            advance()

    room = find_planes(told())
    if not any(plane.normal[2] > 0 for plane in room.planes):
        raise AdaptationError("the depth shows no floor; expected poses in a frame whose z axis points up (REP 103)")
    planes, away = zip(*map(room.sides, told()), strict=True)
    return Sides(list(planes), find_standing(views, room, away))


def auroc(logits: npt.NDArray[np.float32], planes: Mask, standing: Mask) -> float | None:
    """Compute how well the logits of pixels rank the sides; None where there is but one."""
    if not planes.any() or not standing.any():
        return None
    return float(roc_auc_score(planes[planes | standing], logits[planes | standing]))
