# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""What every data set gives."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

__all__ = ["BACKGROUND", "FOREGROUND", "VOID", "Dataset", "DatasetError", "IndexedDataset", "Sample"]

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


class IndexedDataset(ABC):
    """A data set any of whose samples can be read by its place; it is a `Dataset` once it can read one.

    Args:
        name: what to call the set in tables and logs.
        ids: of all samples, in their order.

    Raises:
        DatasetError: there is no id, or one of them twice.
    """

    def __init__(self, name: str, ids: list[str]) -> None:
        if not ids:
            raise DatasetError(f"{name}: no id is asked for; expected at least one")
        seen: set[str] = set()
        for id in ids:
            if id in seen:
                raise DatasetError(f"{name}: the id {id!r} is asked for twice; expected each once")
            seen.add(id)
        self.name, self.ids = name, ids

    def __len__(self) -> int:
        return len(self.ids)

    @abstractmethod
    def __getitem__(self, index: int) -> Sample:
        """Read the sample whose id is `ids[index]`.

        Raises:
            DatasetError: its files are damaged or do not belong together.
            IndexError: there is no such place.
        """

    def __iter__(self) -> Iterator[Sample]:
        for index in range(len(self)):
            yield self[index]

    def digest(self) -> str:
        """SHA-256 over ids, pictures and masks: the same digest means the same data."""
        digest = hashlib.sha256()
        for index, id in enumerate(self.ids):
            digest.update(f"{id}\n".encode())
            for part in self._content(index):
                digest.update(part)
        return digest.hexdigest()

    @abstractmethod
    def _content(self, index: int) -> Iterable[bytes]:
        """What the digest covers of a sample: its picture and its mask, as bytes that are the same everywhere.

        Of a lossy picture that is the file, since decoders of different versions differ in single pixels.
        """
