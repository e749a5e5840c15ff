# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Finished masks and depth images, brought together by their stamps, whichever comes first."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

__all__ = ["TOLERANCE", "Pairing"]

TOLERANCE = 20_000_000
"""Nanoseconds by which the stamps of an image and its depth may differ: colour and depth of many cameras are not taken
at once, and at 30 Hz half a period is 17 ms."""

M = TypeVar("M")
D = TypeVar("D")


class Pairing(Generic[M, D]):
    """Gives each mask the depth nearest in time, as soon as no nearer one can come; safe from any thread.

    Masks and depths each come in the order of their stamps; a stamp that jumps back begins anew.
    """

    KEPT_MASKS = 5
    """Masks that wait for their depth at most."""
    KEPT_DEPTHS = 30
    """Depths that wait for their mask at most: a second of them."""

    def __init__(self) -> None:
        self.alone = 0
        """Masks so far whose depth never came."""
        self.nearest: int | None = None
        """Nanoseconds from the last such mask to the depth nearest to it, negative where that is older; None before
        there was one."""
        self._masks: dict[int, M] = {}
        self._depths: dict[int, D] = {}
        self._lock = threading.Lock()

    def put_mask(self, stamp: int, mask: M) -> list[tuple[M, D]]:
        """Add a mask; the pairs that are complete now.

        Args:
            stamp: in nanoseconds.
            mask: kept until its depth has come or cannot come any more.
        """
        with self._lock:
            if self._masks and stamp < next(reversed(self._masks)):
                self._masks.clear()
            self._masks[stamp] = mask
            while len(self._masks) > self.KEPT_MASKS:
                self._forget_oldest_mask()
            return self._settle()

    def put_depth(self, stamp: int, depth: D) -> list[tuple[M, D]]:
        """Add a depth image; the pairs that are complete now."""
        with self._lock:
            if self._depths and stamp < next(reversed(self._depths)):
                self._depths.clear()
            self._depths[stamp] = depth
            while len(self._depths) > self.KEPT_DEPTHS:
                del self._depths[next(iter(self._depths))]
            return self._settle()

    def finish(self) -> list[tuple[M, D]]:
        """The pairs that are left when nothing more will come."""
        with self._lock:
            return self._settle(waiting=False)

    def clear(self) -> None:
        """Forget all that waits."""
        with self._lock:
            self._masks.clear()
            self._depths.clear()

    def _settle(self, waiting: bool = True) -> list[tuple[M, D]]:
        pairs = []
        for stamp in list(self._masks):
            if not self._depths or (waiting and next(reversed(self._depths)) < stamp):
                break  # a nearer one may still come
            nearest = min(self._depths, key=lambda other: abs(other - stamp))
            if abs(nearest - stamp) <= TOLERANCE:
                # A depth is given once: of a slower one there is less.
                pairs.append((self._masks.pop(stamp), self._depths.pop(nearest)))
            else:
                self._forget_oldest_mask()
            # Those that are too old for this mask are so for all that follow.
            for old in [other for other in self._depths if other < stamp - TOLERANCE]:
                del self._depths[old]
        return pairs

    def _forget_oldest_mask(self) -> None:
        stamp = next(iter(self._masks))
        del self._masks[stamp]
        self.alone += 1
        if self._depths:
            self.nearest = min((other - stamp for other in self._depths), key=abs)
