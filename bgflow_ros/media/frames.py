# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Frames of a source, and errors where a source cannot be read."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bgflow_ros.segmentation.errors import ImageError

__all__ = ["Failures", "Frame", "MediaError", "evenly_spread"]


class MediaError(Exception):
    """Source that cannot be read, or only in part; the message names it and says why."""


class Frame(NamedTuple):
    """One image of a source."""

    name: str
    """Name that is unique within the source and usable as a file name; it may begin with a folder."""
    rgb: npt.NDArray[np.uint8]
    """Image, H x W x 3, uint8, RGB."""
    second: float | None = None
    """Time of display in seconds since the first frame; None where the source's rate determines it."""


class Failures:
    """Counts by cause of messages that could not be used."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._first: dict[str, str] = {}

    def add(self, error: Exception) -> None:
        """Count an error; the first one of each cause is kept in full."""
        if not isinstance(error, ImageError):  # whatever a damaged message makes a decoder raise
            error = ImageError("undecodable", f"{type(error).__name__}: {error}")
        self._counts[error.cause] += 1
        self._first.setdefault(error.cause, str(error))

    @property
    def total(self) -> int:
        """Total number of errors."""
        return sum(self._counts.values())

    def told(self) -> list[tuple[int, str]]:
        """List every cause as its number of errors and the message of the first."""
        return [(count, self._first[cause]) for cause, count in self._counts.items()]


def evenly_spread(count: int, most: int) -> list[int]:
    """List at most so many places among a number of things, the first and the last among them."""
    return [round(place) for place in np.linspace(0, count - 1, min(count, most)).tolist()]
