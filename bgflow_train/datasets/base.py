# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""What every data set gives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

__all__ = ["BACKGROUND", "FOREGROUND", "VOID", "Dataset", "DatasetError", "Sample"]

BACKGROUND, FOREGROUND, VOID = 0, 1, 255
"""Values of a mask: an empty room's surfaces, everything else, and unlabelled pixels that count nowhere."""


class DatasetError(Exception):
    """A data set that is missing, empty or not what it claims to be; the message says what to do."""


class Sample(NamedTuple):
    """One labelled picture."""

    rgb: npt.NDArray[np.uint8]
    """H x W x 3."""
    mask: npt.NDArray[np.uint8]
    """H x W of BACKGROUND, FOREGROUND and VOID."""
    id: str
    """Unique within the data set, and what `splits.json` lists."""


class Dataset(Protocol):
    """A sized iterable of samples that can be read again and whose pictures are read only when reached."""

    name: str

    def __len__(self) -> int:
        """Count the samples."""
        ...

    def __iter__(self) -> Iterator[Sample]:
        """Read the samples in a fixed order."""
        ...

    def digest(self) -> str:
        """SHA-256 over ids, pictures and masks: the same digest means the same data."""
        ...
