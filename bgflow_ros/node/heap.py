# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Memory that the next frame needs again is kept, what lies free for longer is given back to the system."""

from __future__ import annotations

import ctypes

__all__ = ["PERIOD", "give_back_freed_memory", "keep_freed_memory"]

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8
"""Of glibc's mallopt (malloc.h)."""
MAPPED, TRIMMED = 32 << 20, 64 << 20
"""Bytes: the largest that glibc lets the first be, and what may lie free at the end of the heap."""
PERIOD = 10.0
"""Seconds between two looks for such: the frame that follows takes its pages anew, one in three hundred at 30 Hz."""


def keep_freed_memory() -> bool:
    """Let the C library keep the megabytes that each frame takes and frees.

    It maps and unmaps each of them otherwise, and the system fills every page with zeros at its first touch: for a
    camera of 1280x720 that takes longer than what is done with them. All threads share one heap: what lies free at the
    end of another thread's own is not given back by `give_back_freed_memory`.

    Returns:
        Whether it does; other libraries than glibc have no such setting.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    wanted = (M_MMAP_THRESHOLD, MAPPED), (M_TRIM_THRESHOLD, TRIMMED), (M_ARENA_MAX, 1)
    return all(mallopt(*setting) for setting in wanted)


def give_back_freed_memory() -> None:
    """Give the system every page that lies free, within about a millisecond.

    What frames of other sizes and models left would add up otherwise: between what is still in use it is not given back
    by itself.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
