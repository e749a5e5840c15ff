# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Data sets: sized iterables of samples (rgb, mask, id).

Import `bgflow_train.data.nyu_mat` directly; it is the only module that needs h5py.
"""

from bgflow_train.data.ade20k import Ade20k, Ade20kParsing
from bgflow_train.data.base import BACKGROUND, FOREGROUND, VOID, Dataset, DatasetError, IndexedDataset, Sample
from bgflow_train.data.empty_rooms import EmptyRooms
from bgflow_train.data.folder import FolderDataset

__all__ = [
    "BACKGROUND",
    "FOREGROUND",
    "VOID",
    "Ade20k",
    "Ade20kParsing",
    "Dataset",
    "DatasetError",
    "EmptyRooms",
    "FolderDataset",
    "IndexedDataset",
    "Sample",
]
