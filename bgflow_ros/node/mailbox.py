# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The single slot in which the newest frame waits for inference."""

from __future__ import annotations

import threading
import time
from typing import Generic, TypeVar

from bgflow_ros.node.drops import Drops
from bgflow_ros.node.pace import Pace

__all__ = ["Mailbox"]

T = TypeVar("T")


class Mailbox(Generic[T]):
    """A single slot between the subscription's thread and the inference thread, in which the newest item wins.

    Args:
        drops: counts items that were replaced before they were taken ("superseded"), came sooner than `max_rate` allows
            ("max_rate"), or were waiting or arrived when the mailbox was closed ("deactivated").
    """

    def __init__(self, drops: Drops) -> None:
        self.max_rate = 0.0
        """Greatest number of items per second that are accepted; 0 accepts all, -1 as many as `pace` says."""
        self.pace = Pace()
        """Part of the items that the thread which takes them keeps up with; it tells how long its work takes."""
        self._drops = drops
        self._changed = threading.Condition()
        self._item: T | None = None
        self._closed = False
        self._due = 0.0

    def put(self, item: T) -> None:
        """Put an item in place of the one that waits, if any."""
        with self._changed:
            if self._closed:
                self._drops.add("deactivated")
                return
            self.pace.arrived(time.monotonic())
            if not self._is_due():
                self._drops.add("max_rate")
                return
            if self._item is not None:
                self._drops.add("superseded")
            self._item = item
            self._changed.notify()

    def take(self) -> T | None:
        """Wait for an item and return it, or None once the mailbox is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._item is not None or self._closed)
            item, self._item = self._item, None
            return item

    def close(self) -> None:
        """Close the mailbox and wake the thread that waits."""
        with self._changed:
            self._closed = True
            if self._item is not None:
                self._drops.add("deactivated")
                self._item = None
            self._changed.notify_all()

    def _is_due(self) -> bool:
        rate, now = self.pace.rate if self.max_rate < 0 else self.max_rate, time.monotonic()
        if rate <= 0:
            return True
        # The camera's period is unknown here. A slack of a tenth of the wanted period keeps the camera's jitter from
        # turning 10 of 30 frames per second into 7.5.
        if now < self._due - 0.1 / rate:
            return False
        # The next item is due one period after the last due time, unless the camera paused.
        self._due = max(self._due, now - 1 / rate) + 1 / rate
        return True
