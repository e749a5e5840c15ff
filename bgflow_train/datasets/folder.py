# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Any folder of pictures beside any folder of masks of the same stem."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from bgflow_ros.images import ImageError, decode_compressed
from bgflow_ros.media import PICTURES
from bgflow_train.datasets.base import BACKGROUND, FOREGROUND, VOID, DatasetError, Sample

__all__ = ["FolderDataset"]


class FolderDataset:
    """Pictures in one folder, masks (0 background, 1 foreground, 255 void) in another, paired by stem.

    Args:
        images: folder of pictures in any format that OpenCV reads.
        masks: folder of single-channel masks of the pictures' size.
        ids: stems to read, in this order; all pictures that have a mask, sorted, where None.
        name: what to call the set in tables and logs.

    Raises:
        DatasetError: a folder is missing, an id has no picture or mask, or nothing is left.
    """

    def __init__(self, images: Path, masks: Path, ids: Sequence[str] | None = None, name: str = "folder") -> None:
        self.name = name
        pictures, labels = _by_stem(images), _by_stem(masks)
        if ids is None:
            ids = sorted(pictures.keys() & labels.keys())
            if not ids:
                raise DatasetError(
                    f"no picture in {images} has a mask of the same stem in {masks} "
                    f"({len(pictures)} pictures, {len(labels)} masks found)"
                )
        for kind, folder, found in (("picture", images, pictures), ("mask", masks, labels)):
            missing = [id for id in ids if id not in found]
            if missing:
                raise DatasetError(
                    f"{len(missing)} of {len(ids)} ids have no {kind} in {folder}; the first is {missing[0]!r}"
                )
        self.pairs = [(id, pictures[id], labels[id]) for id in ids]

    def __len__(self) -> int:
        return len(self.pairs)

    def __iter__(self) -> Iterator[Sample]:
        for id, picture, label in self.pairs:
            yield _read(id, picture, label)

    def digest(self) -> str:
        """SHA-256 over ids, pictures and masks: the same digest means the same data."""
        digest = hashlib.sha256()
        for id, picture, label in self.pairs:
            digest.update(f"{id}\n".encode())
            digest.update(picture.read_bytes())
            digest.update(label.read_bytes())
        return digest.hexdigest()


def _by_stem(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        raise DatasetError(f"{folder} is not a folder; expected one of pictures")
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in PICTURES:
            if path.stem in found:
                raise DatasetError(f"{found[path.stem]} and {path} have the same stem; keep one of them")
            found[path.stem] = path
    return found


def _read(id: str, picture: Path, label: Path) -> Sample:
    try:
        rgb = decode_compressed(picture.read_bytes())
    except ImageError as error:
        raise DatasetError(f"{picture}: {error}") from error
    read = cv2.imread(str(label), cv2.IMREAD_UNCHANGED)
    if read is None:
        raise DatasetError(f"{label} cannot be read as a picture")
    mask: npt.NDArray[np.uint8] = np.asarray(read)
    if mask.ndim != 2 or mask.dtype != np.uint8 or mask.shape != rgb.shape[:2]:
        raise DatasetError(
            f"{label} is {mask.shape} {mask.dtype}; expected uint8 of the picture's size {rgb.shape[:2]}, one channel"
        )
    strange = set(np.unique(mask).tolist()) - {BACKGROUND, FOREGROUND, VOID}
    if strange:
        raise DatasetError(
            f"{label} has the value {min(strange)}; expected {BACKGROUND} for background, {FOREGROUND} for foreground "
            f"and {VOID} for void"
        )
    return Sample(rgb, mask, id)
