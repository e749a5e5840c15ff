# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures labelled with the 40 classes of NYU (Gupta et al., 2013), as NYU's folder and rendered rooms have them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bgflow_train.datasets.base import BACKGROUND, FOREGROUND, VOID, DatasetError
from bgflow_train.datasets.pairs import PairedDataset, by_stem, pair, read_labels

__all__ = ["BACKGROUND_CLASSES", "CLASSES", "ClassesDataset", "mask_of"]

CLASSES = 40
"""Numbered from 1; 0 is unlabelled."""
BACKGROUND_CLASSES = (1, 2, 9, 22)
"""Wall, floor, window, ceiling."""
_TABLE = np.full(256, FOREGROUND, np.uint8)
_TABLE[0] = VOID
_TABLE[list(BACKGROUND_CLASSES)] = BACKGROUND


def mask_of(classes: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Background, foreground and void of labels of any shape, 0 to 40."""
    return np.asarray(_TABLE[classes])


class ClassesDataset(PairedDataset):
    """Pictures in `rgb/`, their classes in `label/`, paired by stem; a sample's mask holds classes.

    Args:
        root: folder of both.
        ids: stems to read, in this order; all pictures that have labels, sorted, where None.
        name: what to call the set in tables and logs.

    Raises:
        DatasetError: a folder is missing, an id has no picture or labels, or nothing is left.
    """

    def __init__(self, root: Path, ids: Sequence[str] | None = None, name: str = "classes") -> None:
        images, labels = root / "rgb", root / "label"
        super().__init__(name, pair(images, by_stem(images), labels, by_stem(labels), ids))

    def _mask(self, labels: Path) -> npt.NDArray[np.uint8]:
        classes = read_labels(labels)
        if classes.max() > CLASSES:
            raise DatasetError(
                f"{labels} has the value {classes.max()}; expected classes up to {CLASSES} and 0 for void"
            )
        return classes

    def _content(self, index: int) -> Iterable[bytes]:
        _, picture, labels = self.pairs[index]
        return picture.read_bytes(), labels.read_bytes()
