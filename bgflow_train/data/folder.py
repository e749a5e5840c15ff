# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Images and masks in two folders, paired by stem."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bgflow_train.data.base import BACKGROUND, FOREGROUND, VOID, DatasetError
from bgflow_train.data.pairs import PairedDataset, index_by_stem, pair_files, read_labels

__all__ = ["FolderDataset"]


class FolderDataset(PairedDataset):
    """Images in one folder, masks (0 background, 1 foreground, 255 void) in another, paired by stem.

    Args:
        images: Folder of images in any format that OpenCV reads.
        masks: Folder of single-channel masks of the images' sizes.
        ids: Stems to read, in this order; None for all images that have a mask, sorted.
        name: Name of the set in tables and logs.

    Raises:
        DatasetError: A folder is missing, an id has no image or mask, or no pair is left.
    """

    def __init__(self, images: Path, masks: Path, ids: Sequence[str] | None = None, name: str = "folder") -> None:
        super().__init__(name, pair_files(images, index_by_stem(images), masks, index_by_stem(masks), ids))

    def _mask(self, labels: Path) -> npt.NDArray[np.uint8]:
        mask = read_labels(labels)
        strange = set(np.unique(mask).tolist()) - {BACKGROUND, FOREGROUND, VOID}
        if strange:
            raise DatasetError(
                f"{labels} has the value {min(strange)}; expected {BACKGROUND} for background, {FOREGROUND} for "
                f"foreground and {VOID} for void"
            )
        return mask

    def _content(self, index: int) -> Iterable[bytes]:
        _, image, labels = self.pairs[index]
        return image.read_bytes(), labels.read_bytes()
