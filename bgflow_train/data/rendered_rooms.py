# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Rendered rooms as `bgflow rooms` writes them; every tenth room is for validation."""

from __future__ import annotations

import json
from pathlib import Path

from bgflow_train.data.base import DatasetError, IndexedDataset
from bgflow_train.data.classes import ClassesDataset
from bgflow_train.data.folder import FolderDataset

__all__ = ["PARTS", "open_rooms", "open_rooms_classes"]

PARTS = ("fit", "validate", "all")


def open_rooms(root: Path, part: str) -> IndexedDataset:
    """Open the images of a part of the rooms, one of PARTS, with their masks.

    Raises:
        DatasetError: The folder has no rooms, none in this part, or rooms with objects of held-out families.
    """
    return FolderDataset(root / "rgb", root / "mask", _ids(root, part), f"rooms/{part}")


def open_rooms_classes(root: Path, part: str) -> ClassesDataset:
    """Open the images of a part of the rooms with their classes.

    Raises:
        DatasetError: The folder has no rooms, none in this part, or rooms with objects of held-out families.
    """
    return ClassesDataset(root, _ids(root, part), f"rooms/{part}")


def _ids(root: Path, part: str) -> list[str]:
    if part not in PARTS:
        raise DatasetError(f"rendered rooms have no part {part!r}; they have {', '.join(PARTS)}")
    # A room is complete once its description exists. The images' names begin with its number.
    numbers = {path.stem for path in (root / "rooms").glob("*.json")}
    # One run of `bgflow rooms` wrote them all, so that any of them tells.
    if numbers and json.loads((root / "rooms" / f"{min(numbers)}.json").read_text()).get("novel", False):
        raise DatasetError(
            f"{root} holds objects of held-out families (`bgflow rooms --novel`), which must not be trained on; give "
            "it to `bgflow compare --novel`, and other rooms here"
        )
    wanted = {number for number in numbers if part == "all" or (number[-1] == "9") == (part == "validate")}
    ids = sorted(path.stem for path in (root / "mask").glob("*.png") if path.stem.split("_")[0] in wanted)
    if not ids:
        raise DatasetError(
            f"{root} has {len(numbers)} complete rooms, none of them to {part}; expected a folder that `bgflow rooms` "
            "wrote, with at least ten rooms"
        )
    return ids
