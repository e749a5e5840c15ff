# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Empty rooms, which need no labels: every pixel is background."""

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
    """Pictures, videos and bags that show nothing but floor, walls, windows and ceiling, as a `Dataset`.

    The paper: "we can use images of fully empty rooms which do not need to be labeled". Nobody checks that they are
    empty; whatever else they show is learnt as background.

    Args:
        path: a picture, a video, a bag, or a folder of these.
        name: what to call the set in tables and logs; the path's last part where None.
        every: read each so many-th frame of videos and bags, whose neighbouring frames are almost the same.
        topic: of the images in a bag; the bag's only one where None.

    Raises:
        DatasetError: the path is nothing of these, two of a folder's sources have the same name, or `every` is not
            positive. Iterating, counting and the digest raise it where a source cannot be read.
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
                # Frames are numbered, and a picture may be called like a frame of the video beside it.
                id = f"{source.name}/{name}" if source.is_sequence else name
                yield Sample(rgb, np.full(rgb.shape[:2], BACKGROUND, np.uint8), id)

    def digest(self) -> str:
        """SHA-256 over ids and decoded pictures: the same digest means the same data.

        Decoders of different versions may differ in single pixels of lossy pictures, and then the digests differ.
        """
        digest = hashlib.sha256()
        for rgb, _, id in self:
            digest.update(f"{id} {rgb.shape}\n".encode())
            digest.update(rgb.tobytes())
        return digest.hexdigest()

    @cached_property
    def _length(self) -> int:
        # Videos and bags are decoded once to be counted: what they claim is known late, and may be wrong.
        return sum(sum(1 for _ in self._frames(source)) if source.is_sequence else 1 for source in self._sources)

    def _frames(self, source: Source) -> Iterator[Frame]:
        try:
            yield from islice(source.frames(), 0, None, self.every)
        except MediaError as error:
            raise DatasetError(str(error)) from error
