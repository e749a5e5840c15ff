# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Interrupts that wait until a step is complete, or are noted."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["hold_interrupts", "note_interrupts"]

SIGNALS = signal.SIGINT, signal.SIGTERM, signal.SIGHUP


@contextmanager
def hold_interrupts() -> Iterator[None]:
    """Let signals that end a program take effect when the block is left, so that it is done whole or not at all.

    A process is started so: interrupted within Popen, nobody would know of a child that runs already.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # Python handles signals in the main thread only
        return
    came: list[int] = []
    # One that is ignored stays ignored, here and in children.
    handled = [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, lambda number, _: came.append(number)) for number in handled}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if came:
            signal.raise_signal(came[0])


def note_interrupts() -> threading.Event:
    """Let SIGINT set an event instead of raising KeyboardInterrupt, also where the parent ignores it (nohup, `&`).

    The exception would be lost where it is raised in a destructor, of which rclpy runs many a second.
    """
    came = threading.Event()
    signal.signal(signal.SIGINT, lambda number, frame: came.set())
    return came
