# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Memory that the next frame needs again is not given back to the system."""

from __future__ import annotations

import ctypes

__all__ = ["give_back_freed_memory", "keep_freed_memory"]

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
"""Of glibc's mallopt (malloc.h)."""
MAPPED, TRIMMED = 32 << 20, 64 << 20
"""Bytes: the largest that glibc lets the first be, and what may lie free at the end of the heap."""


def keep_freed_memory() -> bool:
    """Let the C library keep the megabytes that each frame takes and frees.

    It maps and unmaps each of them otherwise, and the system fills every page with zeros at its first touch: for a
    camera of 1280x720 that takes longer than what is done with them.

    Returns:
        Whether it does; other libraries than glibc have no such setting.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    return bool(mallopt(M_MMAP_THRESHOLD, MAPPED) and mallopt(M_TRIM_THRESHOLD, TRIMMED))


def give_back_freed_memory() -> None:
    """Give the system what lies free, when no frame will need it soon."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
