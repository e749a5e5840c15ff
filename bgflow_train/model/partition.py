# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""What each labelled image does for a fit: the committed splits, or the folds of cross-fitting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bgflow_train.data import IndexedDataset
from bgflow_train.data.folds import CROSS_FITTED, Fold, fold_numbers
from bgflow_train.data.registry import open_fold, open_images, open_split
from bgflow_train.data.subsets import Concatenated

__all__ = ["FIT", "FUSE", "VALIDATE", "Partition"]

FIT = (("nyu", "fit"),)
VALIDATE = (("nyu", "validate"), ("coco_indoor", "validate"))
FUSE = (("ade20k_indoor", "fuse"), ("coco_indoor", "fuse"))
"""Splits without folds."""


@dataclass(frozen=True)
class Partition:
    """Photographs by what they do."""

    fit: list[IndexedDataset]
    """Images that densities are fitted to."""
    stop: IndexedDataset
    """Images that stop the training of flows."""
    fuse: list[list[IndexedDataset]]
    """Images that the fusion is fitted to, by domain."""
    unseen: list[IndexedDataset]
    """Images that nothing but flows' stopping and fusion has seen: for calibration and thresholds."""

    @classmethod
    def open(cls, data: Path, folds: Sequence[Fold] = ()) -> Partition:
        """Open the images.

        Args:
            data: Folder that holds the data sets.
            folds: The fold that is held out to fuse and calibrate; or all folds, for the whole of a cross-fitting, in
                which the images of the first stop the flows and each is scored by the fit that has not seen it; or
                none, for the committed splits.

        Raises:
            DatasetError: Images are missing.
        """
        if not folds:
            fit, validate, fuse = ([open_split(data, *split) for split in part] for part in (FIT, VALIDATE, FUSE))
            return cls(fit, validate[0], [validate[:1], fuse], validate)
        first = min(folds)
        if len(folds) == 1:
            home, *others = (open_fold(data, name, first, held_out=True) for name in CROSS_FITTED)
        else:
            home, *others = (
                open_images(data, name, list(fold_numbers(name, first.count)), f"{name}/{first.count} folds")
                for name in CROSS_FITTED
            )
        photographs = Concatenated(others, "photographs")
        return cls(
            fit=[open_fold(data, "nyu", first, held_out=False)],
            stop=open_fold(data, "nyu", first, held_out=True),
            fuse=[[home], [photographs]],
            unseen=[home, photographs],
        )

    @property
    def datasets(self) -> dict[str, IndexedDataset]:
        """All data sets by name."""
        parts = ([self.stop], self.fit, *self.fuse, self.unseen)
        return {dataset.name: dataset for part in parts for dataset in part}
