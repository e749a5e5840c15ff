# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Frames of a source, and what is told where a source cannot give them."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bgflow_ros.segmentation.images import ImageError

__all__ = ["Failures", "Frame", "MediaError"]


class MediaError(Exception):
    """A source that cannot be read, or only in part; the message names it and says why."""


class Frame(NamedTuple):
    """One image of a source."""

    name: str
    """Unique within the source, usable as a file name, below its folder where the source's name has one."""
    rgb: npt.NDArray[np.uint8]
    """H x W x 3."""
    second: float | None = None
    """When it is shown, seconds from the first frame on; None: as the source's rate says."""


class Failures:
    """What could not be used, counted by cause."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._first: dict[str, str] = {}

    def add(self, error: Exception) -> None:
        """Count one; the first of each cause is told in full."""
        if not isinstance(error, ImageError):  # whatever a damaged message makes a decoder raise
            error = ImageError("undecodable", f"{type(error).__name__}: {error}")
        self._counts[error.cause] += 1
        self._first.setdefault(error.cause, str(error))

    @property
    def total(self) -> int:
        """Number of all that were counted."""
        return sum(self._counts.values())

    def told(self) -> list[tuple[int, str]]:
        """Causes: how often each was met, and what the first of them said."""
        return [(count, self._first[cause]) for cause, count in self._counts.items()]
