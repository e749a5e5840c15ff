# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Foreground that persists from image to image, as objects: what a patrol reports."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["GAP", "MIN_AREA", "PERSISTENCE", "ForeignObject", "ForeignObjects"]

PERSISTENCE, MIN_AREA, GAP = 3.0, 0.002, 0.5
"""Defaults of `ForeignObjects`."""

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

    A patch is the object of the image before whose centre is nearest, if it has moved by less than that object's longer
    side: what moves or turns faster from image to image is another object each time.

    Args:
        persistence: Seconds for which a patch must be there.
        min_area: Share of the image below which a patch is left out, 0 to 1.
        gap: Seconds for which an object may be missing, as in single bad images; masks must come more often.
    """

    def __init__(self, persistence: float = PERSISTENCE, min_area: float = MIN_AREA, gap: float = GAP) -> None:
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
        self._followed = [known for known in self._followed if time - known.last <= self.gap]
        patches = dict(enumerate(self._patches(foreground)))
        pairs = [(_moved(known.box, box), known, i) for known in self._followed for i, (box, _) in patches.items()]
        found: set[int] = set()
        for moved, known, i in sorted(pairs, key=lambda pair: pair[0]):
            if moved < 1 and i in patches and known.number not in found:
                known.box, known.area = patches.pop(i)
                known.last = time
                found.add(known.number)
        for box, area in patches.values():
            self._count += 1
            self._followed.append(ForeignObject(self._count, box, area, time, time))
        news = [known for known in self.objects() if not known.reported]
        for known in news:
            known.reported = True
        return news

    def objects(self) -> list[ForeignObject]:
        """Return the objects that have been there long enough and still are, in the order of their appearance."""
        return [known for known in self._followed if known.seconds >= self.persistence]

    def _patches(self, foreground: npt.NDArray[np.uint8]) -> list[tuple[Box, int]]:
        """Find the connected patches that are large enough, and their areas."""
        _, _, stats, _ = cv2.connectedComponentsWithStats(foreground, connectivity=8)
        least = self.min_area * foreground.size
        rows = stats[1:].tolist()  # the first is what is not foreground
        return [((left, top, width, height), area) for left, top, width, height, area in rows if area >= least]


def _moved(box: Box, other: Box) -> float:
    """Distance of the centres of two boxes, in longer sides of the first."""
    across, down = (other[i] - box[i] + (other[i + 2] - box[i + 2]) / 2 for i in range(2))
    return math.hypot(across, down) / max(box[2:])
