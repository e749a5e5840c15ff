# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Counts of frames without an answer by cause, and log lines about faults at a limited rate."""

from __future__ import annotations

import math
import threading
import time
from collections import Counter
from collections.abc import Callable

__all__ = ["Drops"]


class Drops:
    """Counts dropped frames by cause; thread-safe.

    Args:
        tell: logs a line about a fault, at most one per cause every PERIOD seconds.
    """

    PERIOD = 10.0

    def __init__(self, tell: Callable[[str], object]) -> None:
        self.counts: Counter[str] = Counter()
        self._tell = tell
        self._lock = threading.Lock()
        self._told: dict[str, tuple[float, int]] = {}
        self.last_fault: tuple[float, str] = (-math.inf, "")
        """Time on the monotonic clock at which a frame last could not be used, and the reason."""
        self.uncounted: set[str] = set()
        """Causes whose frames cannot be counted on this ROS 2."""

    def add(self, cause: str, fault: str | None = None, count: int = 1) -> None:
        """Count one frame, or several.

        Args:
            cause: kind of fault in a few words that do not change from frame to frame.
            fault: description of the fault of this frame; None where the frame is not at fault.
            count: number of frames.
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
        """Note that frames dropped for a cause cannot be counted, and log the reason once."""
        with self._lock:
            if cause in self.uncounted:
                return
            self.uncounted.add(cause)
        self._tell(f"frames {cause} are not counted: {why}")

    def so_far(self) -> dict[str, int]:
        """Copy the counts."""
        with self._lock:
            return dict(self.counts)
