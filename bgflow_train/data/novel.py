# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Objects of families that no training has seen, rendered into rooms and pasted into photographs."""

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
"""Value of these data sets' masks for objects of a held-out family, beside background, foreground and void."""
HEIGHT = (0.15, 0.5)
"""Range of heights of a pasted object, as a share of the photograph's height."""
SMALLEST = 24
"""Smallest height of a rendered object, in pixels, that is pasted."""


class NovelRooms(PairedDataset):
    """Images that `bgflow rooms --novel` wrote.

    Args:
        root: Folder with `rgb/` and `label/`.

    Raises:
        DatasetError: A folder is missing or empty.
    """

    def __init__(self, root: Path) -> None:
        images, labels = root / "rgb", root / "label"
        super().__init__("novel rooms", pair_files(images, index_by_stem(images), labels, index_by_stem(labels), None))

    def _mask(self, labels: Path) -> npt.NDArray[np.uint8]:
        classes = read_labels(labels)
        return np.where(classes >= NOVEL_FROM, np.uint8(NOVEL), classes_to_mask(classes))

    def _content(self, index: int) -> Iterable[bytes]:
        _, image, labels = self.pairs[index]
        return image.read_bytes(), labels.read_bytes()


class PastedObjects(IndexedDataset):
    """Photographs with one rendered object pasted into each, at a random position and size.

    Args:
        photographs: The photographs to paste into.
        rooms: Rendered rooms that the objects are cut out of.
        seed: Seed of objects, positions and sizes.
    """

    def __init__(self, photographs: IndexedDataset, rooms: NovelRooms, seed: int = 0) -> None:
        super().__init__(f"{photographs.name} with novel things", photographs.ids)
        self.photographs, self.rooms, self.seed = photographs, rooms, seed

    def __getitem__(self, index: int) -> Sample:
        rgb, mask, id = self.photographs[index]
        rng = np.random.default_rng([self.seed, index])
        patch, shape = self._cut_object(rng)
        tall = min(mask.shape[0] * rng.uniform(*HEIGHT), 0.8 * mask.shape[1] * shape.shape[0] / shape.shape[1])
        size = max(1, round(shape.shape[1] * tall / shape.shape[0])), max(1, round(tall))
        patch = np.asarray(cv2.resize(patch, size, interpolation=cv2.INTER_LINEAR), np.uint8)
        covered = cv2.resize(shape.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
        y = int(rng.integers(0, mask.shape[0] - size[1] + 1))
        x = int(rng.integers(0, mask.shape[1] - size[0] + 1))
        place = np.s_[y : y + size[1], x : x + size[0]]
        rgb, mask = rgb.copy(), mask.copy()
        rgb[place][covered] = patch[covered]
        mask[place][covered] = NOVEL
        return Sample(rgb, mask, id)

    def _cut_object(self, rng: np.random.Generator) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
        """Cut a complete object out of a rendered image.

        Returns:
            The bounding box, H x W x 3, and the object's shape in it, H x W.
        """
        for place in rng.permutation(len(self.rooms)):
            rgb, mask, _ = self.rooms[int(place)]
            _, _, boxes, _ = cv2.connectedComponentsWithStats((mask == NOVEL).astype(np.uint8))
            # The first box is that of all other pixels.
            for x, y, width, height, _ in boxes[1:][np.argsort(-boxes[1:, cv2.CC_STAT_AREA])]:
                whole = x > 0 and y > 0 and x + width < mask.shape[1] and y + height < mask.shape[0]
                if whole and height >= SMALLEST and width >= SMALLEST // 2:
                    box = np.s_[y : y + height, x : x + width]
                    return rgb[box], mask[box] == NOVEL
        raise DatasetError("no rendered image shows a complete novel object; render more rooms")

    def _content(self, index: int) -> Iterable[bytes]:
        yield repr((self.seed, index)).encode()
        yield from self.photographs._content(index)
        if index == 0:
            yield self.rooms.digest().encode()
