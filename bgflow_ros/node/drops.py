# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Every frame that gets no answer, counted by cause; faults are told once in a while."""

from __future__ import annotations

import math
import threading
import time
from collections import Counter
from collections.abc import Callable

__all__ = ["Drops"]


class Drops:
    """Counts by cause, safe from any thread.

    Args:
        tell: receives a line for a fault, at most one a cause every PERIOD seconds.
    """

    PERIOD = 10.0

    def __init__(self, tell: Callable[[str], object]) -> None:
        self.counts: Counter[str] = Counter()
        self._tell = tell
        self._lock = threading.Lock()
        self._told: dict[str, tuple[float, int]] = {}
        self.last_fault: tuple[float, str] = (-math.inf, "")
        """When on the monotonic clock a frame could not be used last, and why."""
        self.uncounted: set[str] = set()
        """Causes whose frames nobody can count here."""

    def add(self, cause: str, fault: str | None = None, count: int = 1) -> None:
        """Count one frame, or several.

        Args:
            cause: a few words that do not change from frame to frame.
            fault: what is wrong with this very frame, where something is.
            count: of frames.
        """
        with self._lock:
            self.counts[cause] += count
            if fault is None:
                return
            now = time.monotonic()
            self.last_fault = now, fault
            when, told = self._told.get(cause, (-self.PERIOD, 0))
            if now - when < self.PERIOD:
                return
            self._told[cause] = now, self.counts[cause]
            more = self.counts[cause] - told
        self._tell(f"dropped {more} frame{'s' * (more > 1)}, {fault}")

    def cannot_count(self, cause: str, why: str) -> None:
        """Note that frames dropped for a cause are not known here, and tell so once."""
        with self._lock:
            if cause in self.uncounted:
                return
            self.uncounted.add(cause)
        self._tell(f"frames {cause} are not counted: {why}")

    def so_far(self) -> dict[str, int]:
        """Copy the counts."""
        with self._lock:
            return dict(self.counts)
