# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Data sets: each is a sized iterable of samples (rgb, mask, id)."""

from bgflow_train.datasets.base import BACKGROUND, FOREGROUND, VOID, Dataset, DatasetError, Sample
from bgflow_train.datasets.folder import FolderDataset

__all__ = [
    "BACKGROUND",
    "FOREGROUND",
    "VOID",
    "Dataset",
    "DatasetError",
    "FolderDataset",
    "Sample",
]
