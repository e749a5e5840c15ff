# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Policy of the C heap: keep memory that the next frame needs again, and return what stays free for longer."""

from __future__ import annotations

import ctypes

__all__ = ["PERIOD", "give_back_freed_memory", "keep_freed_memory"]

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8
"""Options of glibc's mallopt (malloc.h)."""
MAPPED, TRIMMED = 32 << 20, 64 << 20
"""Bytes: the largest mmap threshold that glibc allows, and the free memory that is kept at the end of the heap."""
PERIOD = 10.0
"""Seconds between two returns. The next frame must request its pages again: one frame in three hundred at 30 Hz."""


def keep_freed_memory() -> bool:
    """Let the C library keep the megabytes that each frame allocates and frees.

    Otherwise it maps and unmaps each allocation, and the system fills every page with zeros when it is first touched.
    For a camera of 1280x720 that takes longer than the work on the data. All threads share one heap, because
    `give_back_freed_memory` does not return free memory at the end of other heaps.

    Returns:
        True on success; C libraries other than glibc have no such setting.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    wanted = (M_MMAP_THRESHOLD, MAPPED), (M_TRIM_THRESHOLD, TRIMMED), (M_ARENA_MAX, 1)
    return all(mallopt(*setting) for setting in wanted)


def give_back_freed_memory() -> None:
    """Return every free page to the system, which takes about a millisecond.

    Otherwise memory of earlier models and of frames of other sizes would accumulate, since free pages between used ones
    are not returned automatically.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
