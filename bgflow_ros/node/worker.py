# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The thread in which inference runs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from bgflow_ros.node.mailbox import Mailbox

__all__ = ["Worker"]

T = TypeVar("T")


class Worker(Generic[T]):
    """Handles the items of a mailbox one at a time in a thread of its own.

    Args:
        mailbox: mailbox to take items from; `stop` closes it.
        handle: function that handles an item; an exception would end the thread.
    """

    def __init__(self, mailbox: Mailbox[T], handle: Callable[[T], None]) -> None:
        self._mailbox, self._handle = mailbox, handle
        self._thread = threading.Thread(target=self._work, name="inference", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish the current item and end the thread."""
        self._mailbox.close()
        self._thread.join()

    def _work(self) -> None:
        while (item := self._mailbox.take()) is not None:
            begin = time.monotonic()
            self._handle(item)
            self._mailbox.pace.worked(time.monotonic() - begin)
