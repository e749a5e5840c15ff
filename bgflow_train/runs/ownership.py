# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""A folder belongs to the run that began it: going on is welcome, mixing two runs is not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bgflow_ros.segmentation.files import write_atomically
from bgflow_train.data import DatasetError

__all__ = ["claim"]


def claim(path: Path, begun: dict[str, Any]) -> None:
    """Refuse a folder that another run has begun; otherwise mark it as this one's.

    Args:
        path: of the mark, a JSON file in the folder.
        begun: what decides the run's outcome, two levels deep.

    Raises:
        DatasetError: the mark says something else; the message lists what.
    """
    if path.exists():
        other = json.loads(path.read_text())
        pairs = [
            (f"{part}.{key}", other.get(part, {}).get(key), begun.get(part, {}).get(key))
            for part in {**begun, **other}
            for key in {**begun.get(part, {}), **other.get(part, {})}
        ]
        different = [f"{name} {there} there, {asked} asked for" for name, there, asked in pairs if there != asked]
        if different:
            raise DatasetError(
                f"{path.parent} holds another fit ({'; '.join(different)}); choose another folder or delete it"
            )
    else:
        write_atomically(path, json.dumps(begun, indent=1).encode())
