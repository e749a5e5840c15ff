# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Known data sets by name, as the command line writes them: `NAME:FOLDER`."""

from __future__ import annotations

from pathlib import Path

from bgflow_train.datasets.base import DatasetError
from bgflow_train.datasets.folder import FolderDataset
from bgflow_train.splits import NAMES, Splits

__all__ = ["open_named"]


def open_named(spec: str, split: str) -> FolderDataset:
    """Open one split of a known data set.

    Args:
        spec: `NAME:FOLDER`, the folder holding `rgb/` and `mask/`; NAME is one of splits.json.
        split: a split that splits.json has for this data set.

    Raises:
        DatasetError: the name, the split or the folder is not there.
    """
    name, separator, folder = spec.partition(":")
    if not separator or name not in NAMES:
        raise DatasetError(f"{spec!r} is no known data set; expected NAME:FOLDER with NAME one of {', '.join(NAMES)}")
    root = Path(folder).expanduser()
    ids = Splits.load().ids(name, split)
    return FolderDataset(root / "rgb", root / "mask", ids, name=f"{name}/{split}")
