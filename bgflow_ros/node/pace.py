# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The part of a camera's rate that a machine keeps up with."""

from __future__ import annotations

import math

__all__ = ["Pace"]

SMOOTHING = 0.1
"""Weight of the newest duration in the means; they follow a change within some ten images."""
SHORTEST = 0.001
"""Interval in seconds that counts at least; images that were held up may arrive all at once."""
PAUSE = 1.0
"""Seconds without an image after which the camera has paused; the interval says nothing of its rate."""
SPARE = 0.9
"""Share of the next higher rate's interval that an image may take for that rate to be chosen again."""


class Pace:
    """Chooses to answer every image, every second, every third, so that none has to wait for the one before."""

    def __init__(self) -> None:
        self.every = 1
        """One image in so many is to be answered."""
        self._interval = self._work = 0.0
        self._last = -math.inf

    def arrived(self, now: float) -> None:
        """Note that an image has arrived, at a time in seconds."""
        interval, self._last = now - self._last, now
        if interval < PAUSE:
            self._interval = _mean(self._interval, interval)
            self._choose()

    def worked(self, seconds: float) -> None:
        """Note how long the work on an image has taken."""
        self._work = _mean(self._work, seconds)

    @property
    def rate(self) -> float:
        """Images per second that are to be answered; 0 for all."""
        return 0.0 if self.every == 1 or self._interval < SHORTEST else 1 / (self.every * self._interval)

    def __str__(self) -> str:
        which = "every image" if self.every == 1 else f"one image in {self.every}"
        return f"{which}: it takes {1000 * self._work:.1f} ms, and one comes each {1000 * self._interval:.1f} ms"

    def _choose(self) -> None:
        load = self._work / max(self._interval, SHORTEST)
        if load > self.every:
            self.every = math.ceil(load)
        elif load < SPARE * (self.every - 1):
            self.every = max(1, math.ceil(load / SPARE))


def _mean(mean: float, newest: float) -> float:
    return newest if mean == 0 else (1 - SMOOTHING) * mean + SMOOTHING * newest
