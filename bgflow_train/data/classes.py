# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Images labelled with the 40 classes of NYU (Gupta et al., 2013), such as NYU's own and rendered rooms."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bgflow_rooms.nyu40 import BACKGROUND_CLASSES, CLASSES
from bgflow_train.data.base import BACKGROUND, FOREGROUND, VOID, DatasetError, IndexedDataset, Sample
from bgflow_train.data.pairs import PairedDataset, index_by_stem, pair_files, read_labels, require_files

__all__ = [
    "UNKNOWN_BACKGROUND",
    "UNKNOWN_FOREGROUND",
    "ClassLabels",
    "ClassesDataset",
    "SidesDataset",
    "classes_to_mask",
    "known_classes",
    "mask_to_classes",
]

UNKNOWN_BACKGROUND, UNKNOWN_FOREGROUND = CLASSES + 1, CLASSES + 2
"""Classes of pixels of which only the side is known, see `mask_to_classes`."""

_TABLE = np.full(256, FOREGROUND, np.uint8)
_TABLE[0] = VOID
_TABLE[[*BACKGROUND_CLASSES, UNKNOWN_BACKGROUND]] = BACKGROUND
_INVERSE = np.zeros(256, np.uint8)
_INVERSE[[BACKGROUND, FOREGROUND]] = UNKNOWN_BACKGROUND, UNKNOWN_FOREGROUND


def classes_to_mask(classes: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Map classes, in an array of any shape, to background, foreground and void; classes above 41 are foreground."""
    return np.asarray(_TABLE[classes])


def mask_to_classes(mask: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Map a mask to 0 for void and the two classes of which only the side is known, in an array of any shape."""
    return np.asarray(_INVERSE[mask])


def known_classes(classes: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Replace classes of which only the side is known, and held-out families, by 0, in an array of any shape."""
    return np.where(classes > CLASSES, 0, classes).astype(np.uint8)


class ClassesDataset(PairedDataset):
    """Images in `rgb/` and their classes in `label/`, paired by stem; the mask of a sample holds classes.

    Args:
        root: Folder of both.
        ids: Stems to read, in this order; None for all images that have labels, sorted.
        name: Name of the set in tables and logs.

    Raises:
        DatasetError: A folder is missing, an id has no image or labels, or no pair is left.
    """

    def __init__(self, root: Path, ids: Sequence[str] | None = None, name: str = "classes") -> None:
        images, labels = root / "rgb", root / "label"
        super().__init__(name, pair_files(images, index_by_stem(images), labels, index_by_stem(labels), ids))

    def _mask(self, labels: Path) -> npt.NDArray[np.uint8]:
        return _read_classes(labels)

    def _content(self, index: int) -> Iterable[bytes]:
        _, image, labels = self.pairs[index]
        return image.read_bytes(), labels.read_bytes()


class SidesDataset(IndexedDataset):
    """Images of another data set with classes of which only the side is known, in place of masks.

    Args:
        dataset: The images with masks.
    """

    def __init__(self, dataset: IndexedDataset) -> None:
        super().__init__(dataset.name, dataset.ids)
        self.dataset = dataset

    def __getitem__(self, index: int) -> Sample:
        sample = self.dataset[index]
        return sample._replace(mask=mask_to_classes(sample.mask))

    def _content(self, index: int) -> Iterable[bytes]:
        return self.dataset._content(index)


class ClassLabels:
    """Classes of the images of another data set, in a separate folder, paired by stem.

    Args:
        folder: Folder of the labels.
        ids: Ids of the images.

    Raises:
        DatasetError: There is no such folder, or it lacks the labels of an image.
    """

    def __init__(self, folder: Path, ids: Sequence[str]) -> None:
        found = index_by_stem(folder)
        require_files(ids, "class labels", folder, found)
        self._paths = {id: found[id] for id in ids}

    def of(self, sample: Sample) -> npt.NDArray[np.uint8]:
        """Read the classes of an image, H x W.

        Raises:
            DatasetError: The file is damaged, holds no classes, or differs in size from the image.
        """
        path = self._paths[sample.id]
        classes = _read_classes(path)
        if classes.shape != sample.mask.shape:
            raise DatasetError(f"{path} is {classes.shape}; expected labels of the image's size {sample.mask.shape}")
        return classes

    def digest(self) -> str:
        """Compute the SHA-256 over ids and labels."""
        digest = hashlib.sha256()
        for id, path in self._paths.items():
            digest.update(f"{id}\n".encode())
            digest.update(path.read_bytes())
        return digest.hexdigest()


def _read_classes(path: Path) -> npt.NDArray[np.uint8]:
    classes = read_labels(path)
    if classes.max() > CLASSES:
        raise DatasetError(f"{path} has the value {classes.max()}; expected classes up to {CLASSES} and 0 for void")
    return classes
