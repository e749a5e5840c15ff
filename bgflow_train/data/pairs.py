# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Data sets whose labels are picture files of their own: finding both, pairing them, reading them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from bgflow_ros.media.image_files import READABLE, read_image
from bgflow_ros.segmentation.images import ImageError
from bgflow_train.data.base import DatasetError, IndexedDataset, Sample

__all__ = ["Pair", "PairedDataset", "index_by_stem", "pair_files", "read_labels", "require_files"]

Pair = tuple[str, Path, Path]
"""Id, picture and labels."""


class PairedDataset(IndexedDataset):
    """A data set of pictures with a file of labels each.

    Args:
        name: what to call the set in tables and logs.
        pairs: id, picture and labels of each sample, in their order.

    Attributes:
        pairs: the same.
    """

    def __init__(self, name: str, pairs: list[Pair]) -> None:
        super().__init__(name, [id for id, _, _ in pairs])
        self.pairs = pairs

    def __getitem__(self, index: int) -> Sample:
        id, picture, labels = self.pairs[index]
        try:
            rgb = read_image(picture)
        except (ImageError, OSError) as error:
            raise DatasetError(f"{picture}: {error}") from error
        mask = self._mask(labels)
        if mask.shape != rgb.shape[:2]:
            raise DatasetError(f"{labels} is {mask.shape}; expected labels of the picture's size {rgb.shape[:2]}")
        return Sample(rgb, mask, id)

    @abstractmethod
    def _mask(self, labels: Path) -> npt.NDArray[np.uint8]:
        """Read a mask, H x W.

        Raises:
            DatasetError: the file is damaged or not of the kind that the data set has.
        """


def index_by_stem(folder: Path) -> dict[str, Path]:
    """Find the pictures of a folder.

    Raises:
        DatasetError: there is no such folder, or two of its pictures have the same stem.
    """
    if not folder.is_dir():
        raise DatasetError(f"{folder} is not a folder; expected one of pictures")
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in READABLE:
            if path.stem in found:
                raise DatasetError(f"{found[path.stem]} and {path} have the same stem; keep one of them")
            found[path.stem] = path
    return found


def pair_files(
    images: Path, pictures: Mapping[str, Path], masks: Path, labels: Mapping[str, Path], ids: Sequence[str] | None
) -> list[Pair]:
    """Pair pictures with their labels.

    Args:
        images: where the pictures were looked for; like `masks` only for what an error says.
        pictures: path by id.
        masks: where the labels were looked for.
        labels: path by id.
        ids: to pair, in this order; all that have both, sorted, where None.

    Raises:
        DatasetError: an id has no picture or no labels, or nothing is left.
    """
    if ids is None:
        ids = sorted(pictures.keys() & labels.keys())
        if not ids:
            raise DatasetError(
                f"no picture in {images} has a mask of the same stem in {masks} "
                f"({len(pictures)} pictures, {len(labels)} masks found)"
            )
    for kind, folder, found in (("picture", images, pictures), ("mask", masks, labels)):
        require_files(ids, kind, folder, found)
    return [(id, pictures[id], labels[id]) for id in ids]


def require_files(ids: Sequence[str], kind: str, folder: Path, found: Mapping[str, Path]) -> None:
    """Check that all ids have a file of a kind among those found in a folder.

    Raises:
        DatasetError: one has none.
    """
    missing = [id for id in ids if id not in found]
    if missing:
        raise DatasetError(f"{len(missing)} of {len(ids)} ids have no {kind} in {folder}; the first is {missing[0]!r}")


def read_labels(path: Path, channels: int = 1) -> npt.NDArray[np.uint8]:
    """Read labels as they are stored.

    Args:
        path: of a lossless picture, 8 bit a channel.
        channels: 1 or 3.

    Returns:
        H x W, or H x W x 3 in OpenCV's order: blue, green, red.

    Raises:
        DatasetError: it cannot be decoded, or is of another depth or has other channels.
    """
    read = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if read is None:
        raise DatasetError(f"{path} cannot be read as a picture")
    labels: npt.NDArray[np.uint8] = np.asarray(read)
    if labels.dtype != np.uint8 or labels.shape[2:] != (() if channels == 1 else (channels,)):
        wanted = "one channel" if channels == 1 else f"{channels} channels"
        raise DatasetError(f"{path} is {labels.shape} {labels.dtype}; expected uint8, {wanted}")
    return labels
