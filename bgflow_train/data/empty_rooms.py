# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Empty rooms, which need no labels because every pixel is background."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cached_property
from itertools import islice
from pathlib import Path

import numpy as np

from bgflow_ros.media.sources import Frame, MediaError, Source, sources
from bgflow_train.data.base import BACKGROUND, DatasetError, Sample

__all__ = ["EmptyRooms"]


class EmptyRooms:
    """Images, videos and bags that show only floor, walls, windows and ceiling, as a `Dataset`.

    The paper: "we can use images of fully empty rooms which do not need to be labeled". It is not checked that the
    rooms are empty; whatever else they show is learnt as background.

    Args:
        path: An image, a video, a bag, or a folder of these.
        name: Name of the set in tables and logs; None for the last part of the path.
        every: Read every `every`-th frame of videos and bags, because neighbouring frames are almost equal.
        topic: Topic of the images in a bag; None for the bag's only one.

    Raises:
        DatasetError: The path is none of these, two of a folder's sources have the same name, or `every` is not
            positive. Iterating, counting and the digest raise it if a source cannot be read.
    """

    def __init__(self, path: Path, name: str | None = None, every: int = 1, topic: str | None = None) -> None:
        if every < 1:
            raise DatasetError(f"every is {every}; expected 1 for all frames, or more")
        self.name = path.resolve().name if name is None else name
        self.every = every
        try:
            self._sources = sources([path], topic)
        except MediaError as error:
            raise DatasetError(str(error)) from error
        seen: set[str] = set()
        for source in self._sources:
            if source.name in seen:
                raise DatasetError(f"{path} has more than one {source.name!r}; keep one of them or rename it")
            seen.add(source.name)

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Sample]:
        for source in self._sources:
            for name, rgb, _ in self._frames(source):
                # Frames are numbered, and an image may have the name of a frame of a video beside it.
                id = f"{source.name}/{name}" if source.is_sequence else name
                yield Sample(rgb, np.full(rgb.shape[:2], BACKGROUND, np.uint8), id)

    def digest(self) -> str:
        """Compute the SHA-256 over ids and decoded images: equal digests mean equal data.

        Versions of a decoder may differ in single pixels of lossy images; the digests then differ as well.
        """
        digest = hashlib.sha256()
        for rgb, _, id in self:
            digest.update(f"{id} {rgb.shape}\n".encode())
            digest.update(rgb.tobytes())
        return digest.hexdigest()

    @cached_property
    def _length(self) -> int:
        # Videos and bags are decoded once to be counted, because the number of frames in their headers may be wrong.
        return sum(sum(1 for _ in self._frames(source)) if source.is_sequence else 1 for source in self._sources)

    def _frames(self, source: Source) -> Iterator[Frame]:
        try:
            yield from islice(source.frames(), 0, None, self.every)
        except MediaError as error:
            raise DatasetError(str(error)) from error
