# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Data sets with one image file of labels for each image: finding, pairing and reading both."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from bgflow_ros.media.image_files import READABLE, read_image
from bgflow_ros.segmentation.errors import ImageError
from bgflow_train.data.base import DatasetError, IndexedDataset, Sample

__all__ = ["Pair", "PairedDataset", "index_by_stem", "pair_files", "read_labels", "require_files"]

Pair = tuple[str, Path, Path]
"""Id, image and labels."""


class PairedDataset(IndexedDataset):
    """Data set of images with one file of labels each.

    Args:
        name: Name of the set in tables and logs.
        pairs: Id, image and labels of each sample, in their order.

    Attributes:
        pairs: Id, image and labels of each sample.
    """

    def __init__(self, name: str, pairs: list[Pair]) -> None:
        super().__init__(name, [id for id, _, _ in pairs])
        self.pairs = pairs

    def __getitem__(self, index: int) -> Sample:
        id, image, labels = self.pairs[index]
        try:
            rgb = read_image(image)
        except (ImageError, OSError) as error:
            raise DatasetError(f"{image}: {error}") from error
        mask = self._mask(labels)
        if mask.shape != rgb.shape[:2]:
            raise DatasetError(f"{labels} is {mask.shape}; expected labels of the image's size {rgb.shape[:2]}")
        return Sample(rgb, mask, id)

    @abstractmethod
    def _mask(self, labels: Path) -> npt.NDArray[np.uint8]:
        """Read a mask, H x W.

        Raises:
            DatasetError: The file is damaged or not of the data set's kind.
        """


def index_by_stem(folder: Path) -> dict[str, Path]:
    """Find the images in a folder, by the stem of their names.

    Raises:
        DatasetError: There is no such folder, or two of its images have the same stem.
    """
    if not folder.is_dir():
        raise DatasetError(f"{folder} is not a folder; expected a folder of images")
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in READABLE:
            if path.stem in found:
                raise DatasetError(f"{found[path.stem]} and {path} have the same stem; keep one of them")
            found[path.stem] = path
    return found


def pair_files(
    folder: Path, images: Mapping[str, Path], masks: Path, labels: Mapping[str, Path], ids: Sequence[str] | None
) -> list[Pair]:
    """Pair images with their labels.

    Args:
        folder: Where the images were searched; like `masks` it is used in error messages only.
        images: Path of each image by id.
        masks: Where the labels were searched.
        labels: Path of each file of labels by id.
        ids: Ids to pair, in this order; None for all that have both, sorted.

    Raises:
        DatasetError: An id has no image or no labels, or no pair is left.
    """
    if ids is None:
        ids = sorted(images.keys() & labels.keys())
        if not ids:
            raise DatasetError(
                f"no image in {folder} has a mask of the same stem in {masks} "
                f"({len(images)} images, {len(labels)} masks found)"
            )
    for kind, where, found in (("image", folder, images), ("mask", masks, labels)):
        require_files(ids, kind, where, found)
    return [(id, images[id], labels[id]) for id in ids]


def require_files(ids: Sequence[str], kind: str, folder: Path, found: Mapping[str, Path]) -> None:
    """Check that a file was found for every id.

    Args:
        ids: The ids.
        kind: Kind of the files, for the message.
        folder: Where the files were searched, for the message.
        found: Path of each file by id.

    Raises:
        DatasetError: The file of an id is missing.
    """
    missing = [id for id in ids if id not in found]
    if missing:
        raise DatasetError(f"{len(missing)} of {len(ids)} ids have no {kind} in {folder}; the first is {missing[0]!r}")


def read_labels(path: Path, channels: int = 1) -> npt.NDArray[np.uint8]:
    """Read labels as they are stored.

    Args:
        path: Lossless image with 8 bits per channel.
        channels: 1 or 3.

    Returns:
        H x W, or H x W x 3 in OpenCV's order: blue, green, red.

    Raises:
        DatasetError: The file cannot be decoded, or has another depth or other channels.
    """
    read = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if read is None:
        raise DatasetError(f"{path} cannot be read as an image")
    labels: npt.NDArray[np.uint8] = np.asarray(read)
    if labels.dtype != np.uint8 or labels.shape[2:] != (() if channels == 1 else (channels,)):
        wanted = "one channel" if channels == 1 else f"{channels} channels"
        raise DatasetError(f"{path} is {labels.shape} {labels.dtype}; expected uint8, {wanted}")
    return labels
