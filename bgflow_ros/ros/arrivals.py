# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""What comes from the camera and what is lost on the way, by the publication's sequence numbers."""

from __future__ import annotations

import time
from typing import Any

from bgflow_ros.ros.drops import Drops

__all__ = ["Arrivals"]

FASTEST = 1000.0
"""Frames a second of the fastest camera."""


class Arrivals:
    """Counts what a camera published, also what never arrived.

    Args:
        drops: counts what is missing between two frames that arrived ("lost on the way"), while frames are read.
    """

    def __init__(self, drops: Drops) -> None:
        self.published = 0
        """Frames that the camera is known to have published: those that arrived and those that are missing."""
        self.last = time.monotonic()
        """When the last frame arrived; at first, since when one is waited for."""
        self.one_camera = True
        """Whether a single camera publishes. The numbers of two on one topic say nothing, for none says whose it is."""
        self._drops = drops
        self._number: int | None = None

    def add(self, info: Any, read: bool = True) -> None:
        """Count a frame.

        Args:
            info: rclpy's MessageInfo; its publication sequence number is None where the middleware gives none.
            read: whether all frames are read, so that one that is missing is lost; else they are merely left unread.
        """
        now = time.monotonic()
        elapsed, self.last = now - self.last, now
        number, before = info["publication_sequence_number"], self._number
        # Another camera, or the same one restarted, counts anew.
        follows = self.one_camera and number is not None and before is not None and number > before
        missing = number - before - 1 if follows else 0
        if missing > FASTEST * elapsed + 1:
            missing = 0  # of two cameras, before it is known that there are two, or just after one has gone
        self._number = number
        self.published += 1 + missing
        if read and missing:
            self._drops.add("lost on the way", count=missing)

    def restart(self) -> None:
        """Forget the last number: what is missing until the next frame was not wanted, or came to nobody."""
        self._number = None

    def silence(self) -> float:
        """Seconds since the last frame."""
        return time.monotonic() - self.last
