# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Foreground that persists from image to image, as objects: what a patrol reports."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["ForeignObject", "ForeignObjects"]

OVERLAP = 0.2
"""Intersection over union of the boxes from which on a patch is the object of the image before. At 5 images a second
and a robot's speed it moves by less than half of its width."""

Box = tuple[int, int, int, int]
"""Left, top, width and height in pixels."""


@dataclass
class ForeignObject:
    """Patch of foreground that is followed from image to image."""

    number: int
    """From 1 on, in the order of appearance."""
    box: Box
    """In the newest image that shows it."""
    area: int
    """Pixels of foreground in it."""
    first: float
    """Time of the first image that shows it, in seconds."""
    last: float
    """Time of the newest."""
    reported: bool = False

    @property
    def seconds(self) -> float:
        """Time for which it has been there."""
        return self.last - self.first

    def __str__(self) -> str:
        left, top, width, height = self.box
        return f"{width}x{height} pixels at {left}, {top} for {self.seconds:.1f} s"


class ForeignObjects:
    """Follows patches of foreground and tells of those that stay.

    Args:
        persistence: Seconds for which a patch must be there.
        min_area: Share of the image below which a patch is left out, 0 to 1.
        gap: Seconds for which an object may be missing, as in single bad images.
    """

    def __init__(self, persistence: float, min_area: float, gap: float) -> None:
        self.persistence, self.min_area, self.gap = persistence, min_area, gap
        self._followed: list[ForeignObject] = []
        self._count = 0
        self._newest = -math.inf

    def update(self, foreground: npt.NDArray[np.uint8], time: float) -> list[ForeignObject]:
        """Take the next mask, H x W, 0 or 255, and return the objects that have now been there long enough.

        Each object is returned once. A time that goes back begins anew.
        """
        if time < self._newest:
            self._followed = []
        self._newest = time
        patches = self._patches(foreground)
        pairs = [(_overlap(known.box, box), known, box) for known in self._followed for box in patches]
        found: set[int] = set()
        for overlap, known, box in sorted(pairs, key=lambda pair: -pair[0]):
            if overlap >= OVERLAP and box in patches and known.number not in found:
                known.box, known.area, known.last = box, patches.pop(box), time
                found.add(known.number)
        for box, area in patches.items():
            self._count += 1
            self._followed.append(ForeignObject(self._count, box, area, time, time))
        self._followed = [known for known in self._followed if time - known.last <= self.gap]
        news = [known for known in self.objects() if not known.reported]
        for known in news:
            known.reported = True
        return news

    def objects(self) -> list[ForeignObject]:
        """Return the objects that have been there long enough and still are, in the order of their appearance."""
        return [known for known in self._followed if known.seconds >= self.persistence]

    def _patches(self, foreground: npt.NDArray[np.uint8]) -> dict[Box, int]:
        """Find the connected patches that are large enough, and their areas."""
        _, _, stats, _ = cv2.connectedComponentsWithStats(foreground, connectivity=8)
        least = self.min_area * foreground.size
        rows = stats[1:].tolist()  # the first is what is not foreground
        return {(left, top, width, height): area for left, top, width, height, area in rows if area >= least}


def _overlap(one: Box, other: Box) -> float:
    """Intersection over union of two boxes."""
    across, down = (max(0, min(one[i] + one[i + 2], other[i] + other[i + 2]) - max(one[i], other[i])) for i in range(2))
    shared = across * down
    return shared / (one[2] * one[3] + other[2] * other[3] - shared)
