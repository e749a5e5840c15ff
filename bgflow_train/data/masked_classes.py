# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Images with masks, to be trained on beside images with classes: their side is known, their class is not."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from bgflow_train.data.base import BACKGROUND, FOREGROUND, IndexedDataset, Sample
from bgflow_train.data.classes import UNKNOWN_BACKGROUND, UNKNOWN_FOREGROUND

__all__ = ["MaskedClasses", "mask_to_classes"]

_TABLE = np.zeros(256, np.uint8)
_TABLE[[BACKGROUND, FOREGROUND]] = UNKNOWN_BACKGROUND, UNKNOWN_FOREGROUND


def mask_to_classes(mask: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Map a mask to 0 for void and the two classes of which only the side is known, in an array of any shape."""
    return np.asarray(_TABLE[mask])


class MaskedClasses(IndexedDataset):
    """Data set whose masks become classes: 0 for void, and the two classes of which only the side is known.

    Args:
        dataset: The data set, with masks of background, foreground and void.
    """

    def __init__(self, dataset: IndexedDataset) -> None:
        super().__init__(dataset.name, dataset.ids)
        self._dataset = dataset

    def __getitem__(self, index: int) -> Sample:
        """Read an image; its mask holds classes."""
        sample = self._dataset[index]
        return sample._replace(mask=mask_to_classes(sample.mask))

    def _content(self, index: int) -> Iterable[bytes]:
        return self._dataset._content(index)
