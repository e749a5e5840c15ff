# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Interfaces of the data sets."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

__all__ = ["BACKGROUND", "FOREGROUND", "VOID", "Dataset", "DatasetError", "IndexedDataset", "Sample"]

BACKGROUND, FOREGROUND, VOID = 0, 1, 255
"""Values of a mask: the surfaces of an empty room, everything else, and unlabelled pixels, which are ignored."""


class DatasetError(Exception):
    """Missing, empty or invalid data set; the message says what to do."""


class Sample(NamedTuple):
    """One labelled image."""

    rgb: npt.NDArray[np.uint8]
    """H x W x 3 of 0 to 255."""
    mask: npt.NDArray[np.uint8]
    """H x W of BACKGROUND, FOREGROUND and VOID."""
    id: str
    """Identifier, unique within the data set, as in `splits.json`."""


class Dataset(Protocol):
    """Sized iterable of samples that can be iterated repeatedly; an image is read when it is reached."""

    name: str

    def __len__(self) -> int:
        """Return the number of samples."""
        ...

    def __iter__(self) -> Iterator[Sample]:
        """Read the samples in a fixed order."""
        ...

    def digest(self) -> str:
        """Compute the SHA-256 over ids, images and masks: equal digests mean equal data."""
        ...


class IndexedDataset(ABC):
    """Data set whose samples can be read by index.

    Args:
        name: Name of the set in tables and logs.
        ids: Ids of all samples, in their order.

    Raises:
        DatasetError: There is no id, or an id occurs twice.
    """

    def __init__(self, name: str, ids: list[str]) -> None:
        if not ids:
            raise DatasetError(f"{name}: no id is requested; expected at least one")
        seen: set[str] = set()
        for id in ids:
            if id in seen:
                raise DatasetError(f"{name}: the id {id!r} is requested twice; expected every id once")
            seen.add(id)
        self.name, self.ids = name, ids

    def __len__(self) -> int:
        return len(self.ids)

    @abstractmethod
    def __getitem__(self, index: int) -> Sample:
        """Read the sample whose id is `ids[index]`.

        Raises:
            DatasetError: Its files are damaged or do not belong together.
            IndexError: There is no such index.
        """

    def __iter__(self) -> Iterator[Sample]:
        for index in range(len(self)):
            yield self[index]

    def digest(self) -> str:
        """Compute the SHA-256 over ids, images and masks: equal digests mean equal data."""
        digest = hashlib.sha256()
        for index, id in enumerate(self.ids):
            digest.update(f"{id}\n".encode())
            for part in self._content(index):
                digest.update(part)
        return digest.hexdigest()

    @abstractmethod
    def _content(self, index: int) -> Iterable[bytes]:
        """Return what the digest covers of a sample, image and mask, as bytes that are the same on every machine.

        For a lossy image these are the bytes of its file, because versions of a decoder differ in single pixels.
        """
