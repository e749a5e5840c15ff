# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Pairing of masks and depth images by their stamps, whichever comes first."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

__all__ = ["TOLERANCE", "Pairing"]

TOLERANCE = 20_000_000
"""Nanoseconds by which the stamps of an image and its depth may differ. Many cameras do not take colour and depth at
the same time, and at 30 Hz half a period is 17 ms."""

M = TypeVar("M")
D = TypeVar("D")


class Pairing(Generic[M, D]):
    """Pairs each mask with the depth nearest in time as soon as no nearer one can come; thread-safe.

    Masks and depths each arrive in the order of their stamps; after a stamp that jumps back, pairing starts again.
    """

    KEPT_MASKS = 5
    """Greatest number of masks that wait for their depth."""
    KEPT_DEPTHS = 30
    """Greatest number of depths that wait for their mask, those of one second."""

    def __init__(self) -> None:
        self.alone = 0
        """Number of masks so far whose depth never arrived."""
        self.nearest: int | None = None
        """Nanoseconds from the last such mask to the depth nearest to it, negative where the depth is older; None where
        there was none."""
        self._masks: dict[int, M] = {}
        self._depths: dict[int, D] = {}
        self._lock = threading.Lock()

    def put_mask(self, stamp: int, mask: M) -> list[tuple[M, D]]:
        """Add a mask and return the pairs that are now complete.

        Args:
            stamp: stamp of the image, in nanoseconds.
            mask: mask that is kept until its depth arrives or can no longer arrive.
        """
        with self._lock:
            if self._masks and stamp < next(reversed(self._masks)):
                self._masks.clear()
            self._masks[stamp] = mask
            while len(self._masks) > self.KEPT_MASKS:
                self._forget_oldest_mask()
            return self._settle()

    def put_depth(self, stamp: int, depth: D) -> list[tuple[M, D]]:
        """Add a depth image, with its stamp in nanoseconds, and return the pairs that are now complete."""
        with self._lock:
            if self._depths and stamp < next(reversed(self._depths)):
                self._depths.clear()
            self._depths[stamp] = depth
            while len(self._depths) > self.KEPT_DEPTHS:
                del self._depths[next(iter(self._depths))]
            return self._settle()

    def finish(self) -> list[tuple[M, D]]:
        """Return the remaining pairs once nothing more will arrive."""
        with self._lock:
            return self._settle(waiting=False)

    def clear(self) -> None:
        """Forget all masks and depths that wait."""
        with self._lock:
            self._masks.clear()
            self._depths.clear()

    def _settle(self, waiting: bool = True) -> list[tuple[M, D]]:
        pairs = []
        for stamp in list(self._masks):
            if not self._depths or (waiting and next(reversed(self._depths)) < stamp):
                break  # a nearer one may still arrive
            nearest = min(self._depths, key=lambda other: abs(other - stamp))
            if abs(nearest - stamp) <= TOLERANCE:
                # Each depth is used once, since a camera may publish depth less often than images.
                pairs.append((self._masks.pop(stamp), self._depths.pop(nearest)))
            else:
                self._forget_oldest_mask()
            # Depths that are too old for this mask are too old for all later ones.
            for old in [other for other in self._depths if other < stamp - TOLERANCE]:
                del self._depths[old]
        return pairs

    def _forget_oldest_mask(self) -> None:
        stamp = next(iter(self._masks))
        del self._masks[stamp]
        self.alone += 1
        if self._depths:
            self.nearest = min((other - stamp for other in self._depths), key=abs)
