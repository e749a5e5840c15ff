# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""What comes from the camera and what is lost on the way, by the publication's sequence numbers."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from bgflow_ros.node.compatibility import publication_number
from bgflow_ros.node.drops import Drops

__all__ = ["LOST", "Arrivals"]

LOST = "lost on the way"
"""Cause of a frame that was published and never arrived."""

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
        self.numbered = True
        """Whether frames bear publication sequence numbers; without them nobody knows what was published."""
        self._drops = drops
        self._number: int | None = None

    def add(self, info: Mapping[str, Any], read: bool = True) -> None:
        """Count a frame.

        Args:
            info: rclpy's MessageInfo.
            read: whether all frames are read, so that one that is missing is lost; else they are merely left unread.
        """
        now = time.monotonic()
        elapsed, self.last = now - self.last, now
        number, before = publication_number(info), self._number
        self.numbered = number is not None
        if number is None:
            self._drops.cannot_count(LOST, "neither this rclpy nor its middleware numbers publications")
        # A smaller number: another camera, or the same one restarted, counts anew.
        missing = 0
        if number is not None and before is not None and self.one_camera:
            missing = max(0, number - before - 1)
        if missing > FASTEST * elapsed + 1:
            missing = 0  # of two cameras, before it is known that there are two, or just after one has gone
        self._number = number
        self.published += 1 + missing
        if read and missing:
            self._drops.add(LOST, count=missing)

    def restart(self) -> None:
        """Forget the last number: what is missing until the next frame was not wanted, or came to nobody."""
        self._number = None

    def silence(self) -> float:
        """Seconds since the last frame."""
        return time.monotonic() - self.last
