# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Any folder of pictures beside any folder of masks of the same stem."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bgflow_train.data.base import BACKGROUND, FOREGROUND, VOID, DatasetError
from bgflow_train.data.pairs import PairedDataset, index_by_stem, pair_files, read_labels

__all__ = ["FolderDataset"]


class FolderDataset(PairedDataset):
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
        _, picture, labels = self.pairs[index]
        return picture.read_bytes(), labels.read_bytes()
