# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Things of families that no training has seen, rendered into rooms and pasted into photographs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from bgflow_rooms.nyu40 import NOVEL_FROM
from bgflow_train.data.base import DatasetError, IndexedDataset, Sample
from bgflow_train.data.classes import classes_to_mask
from bgflow_train.data.pairs import PairedDataset, index_by_stem, pair_files, read_labels

__all__ = ["NOVEL", "NovelRooms", "PastedObjects"]

NOVEL = 2
"""In these data sets' masks, beside background, foreground and void: a thing of a held-out family."""
HEIGHT = (0.15, 0.5)
"""Of a pasted thing, in heights of the photograph."""
SMALLEST = 24
"""Pixels of a rendered thing's height; what is smaller is not pasted."""


class NovelRooms(PairedDataset):
    """The pictures that `bgflow rooms --novel` wrote.

    Args:
        root: folder with `rgb/` and `label/`.

    Raises:
        DatasetError: a folder is missing or empty.
    """

    def __init__(self, root: Path) -> None:
        images, labels = root / "rgb", root / "label"
        super().__init__("novel rooms", pair_files(images, index_by_stem(images), labels, index_by_stem(labels), None))

    def _mask(self, labels: Path) -> npt.NDArray[np.uint8]:
        classes = read_labels(labels)
        return np.where(classes >= NOVEL_FROM, np.uint8(NOVEL), classes_to_mask(classes))

    def _content(self, index: int) -> Iterable[bytes]:
        _, picture, labels = self.pairs[index]
        return picture.read_bytes(), labels.read_bytes()


class PastedObjects(IndexedDataset):
    """Photographs with one rendered thing pasted into each, at a random place and size.

    Args:
        photographs: to paste into.
        rooms: whose things.
        seed: of what goes where.
    """

    def __init__(self, photographs: IndexedDataset, rooms: NovelRooms, seed: int = 0) -> None:
        super().__init__(f"{photographs.name} with novel things", photographs.ids)
        self.photographs, self.rooms, self.seed = photographs, rooms, seed

    def __getitem__(self, index: int) -> Sample:
        rgb, mask, id = self.photographs[index]
        rng = np.random.default_rng([self.seed, index])
        thing, shape = self._thing(rng)
        tall = min(mask.shape[0] * rng.uniform(*HEIGHT), 0.8 * mask.shape[1] * shape.shape[0] / shape.shape[1])
        size = max(1, round(shape.shape[1] * tall / shape.shape[0])), max(1, round(tall))
        thing = np.asarray(cv2.resize(thing, size, interpolation=cv2.INTER_LINEAR), np.uint8)
        covered = cv2.resize(shape.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
        y = int(rng.integers(0, mask.shape[0] - size[1] + 1))
        x = int(rng.integers(0, mask.shape[1] - size[0] + 1))
        place = np.s_[y : y + size[1], x : x + size[0]]
        rgb, mask = rgb.copy(), mask.copy()
        rgb[place][covered] = thing[covered]
        mask[place][covered] = NOVEL
        return Sample(rgb, mask, id)

    def _thing(self, rng: np.random.Generator) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
        """Cut a whole thing out of a rendered picture: its box and its shape in it."""
        for place in rng.permutation(len(self.rooms)):
            rgb, mask, _ = self.rooms[int(place)]
            _, _, boxes, _ = cv2.connectedComponentsWithStats((mask == NOVEL).astype(np.uint8))
            # The first box is that of everything else.
            for x, y, width, height, _ in boxes[1:][np.argsort(-boxes[1:, cv2.CC_STAT_AREA])]:
                whole = x > 0 and y > 0 and x + width < mask.shape[1] and y + height < mask.shape[0]
                if whole and height >= SMALLEST and width >= SMALLEST // 2:
                    box = np.s_[y : y + height, x : x + width]
                    return rgb[box], mask[box] == NOVEL
        raise DatasetError("no rendered picture shows a whole novel thing; render more rooms")

    def _content(self, index: int) -> Iterable[bytes]:
        yield repr((self.seed, index)).encode()
        yield from self.photographs._content(index)
        if index == 0:
            yield self.rooms.digest().encode()
