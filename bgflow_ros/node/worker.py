# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The inference thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from bgflow_ros.node.mailbox import Mailbox

__all__ = ["Worker"]

T = TypeVar("T")


class Worker(Generic[T]):
    """Handles what lies in the mailbox, one item at a time, in a thread of its own.

    Args:
        mailbox: closed by `stop`.
        handle: gets every item; what it raises ends the thread, so it should not.
    """

    def __init__(self, mailbox: Mailbox[T], handle: Callable[[T], None]) -> None:
        self._mailbox, self._handle = mailbox, handle
        self._thread = threading.Thread(target=self._work, name="inference", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish the item at hand and end the thread."""
        self._mailbox.close()
        self._thread.join()

    def _work(self) -> None:
        while (item := self._mailbox.take()) is not None:
            self._handle(item)
