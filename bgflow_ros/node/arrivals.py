# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Frames that the camera published and frames that were lost on the way, by publication sequence numbers."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from bgflow_ros.node.compatibility import publication_number
from bgflow_ros.node.drops import Drops

__all__ = ["LOST", "Arrivals"]

LOST = "lost on the way"
"""Cause under which frames are counted that were published and never arrived."""

FASTEST = 1000.0
"""Frames per second of the fastest camera."""


class Arrivals:
    """Counts the frames that a camera published, including those that never arrived.

    Args:
        drops: counts frames that are missing between two that arrived ("lost on the way"), while frames are read.
    """

    def __init__(self, drops: Drops) -> None:
        self.published = 0
        """Number of frames that the camera is known to have published, whether they arrived or not."""
        self.last = time.monotonic()
        """Time at which the last frame arrived; at first, the time since which a frame is expected."""
        self.one_camera = True
        """True while a single camera publishes; the numbers of two on one topic cannot be told apart."""
        self.numbered = True
        """False where frames have no publication sequence numbers, so that missing frames remain unknown."""
        self._drops = drops
        self._number: int | None = None

    def add(self, info: Mapping[str, Any], read: bool = True) -> None:
        """Count a frame.

        Args:
            info: rclpy's MessageInfo.
            read: True if all frames are read, so that a missing one is lost; False if they are merely left unread.
        """
        now = time.monotonic()
        elapsed, self.last = now - self.last, now
        number, before = publication_number(info), self._number
        self.numbered = number is not None
        if number is None:
            self._drops.cannot_count(LOST, "this rclpy or middleware provides no publication sequence numbers")
        # A smaller number comes from another camera, or from the same one after a restart.
        missing = 0
        if number is not None and before is not None and self.one_camera:
            missing = max(0, number - before - 1)
        if missing > FASTEST * elapsed + 1:
            missing = 0  # numbers of two cameras, before both are known or just after one has gone
        self._number = number
        self.published += 1 + missing
        if read and missing:
            self._drops.add(LOST, count=missing)

    def restart(self) -> None:
        """Forget the last number, because frames that are missing until the next one were not wanted."""
        self._number = None

    def silence(self) -> float:
        """Seconds since the last frame."""
        return time.monotonic() - self.last
