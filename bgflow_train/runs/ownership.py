# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Ownership of a run's folder: a run may continue in its own folder, but not in that of another run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bgflow_ros.segmentation.files import write_atomically
from bgflow_train.data import DatasetError

__all__ = ["own_folder"]


def own_folder(mark: Path, settings: dict[str, Any]) -> None:
    """Mark a folder as that of a run, or check that it already is.

    Args:
        mark: The mark, a JSON file in the folder.
        settings: Everything that decides the outcome of the run, as two levels of dictionaries.

    Raises:
        DatasetError: The folder is marked with other settings; the message lists the differences.
    """
    if mark.exists():
        other = json.loads(mark.read_text())
        pairs = [
            (f"{part}.{key}", other.get(part, {}).get(key), settings.get(part, {}).get(key))
            for part in {**settings, **other}
            for key in {**settings.get(part, {}), **other.get(part, {})}
        ]
        different = [f"{name} {there} there, {asked} asked for" for name, there, asked in pairs if there != asked]
        if different:
            raise DatasetError(
                f"{mark.parent} belongs to a run with other settings ({'; '.join(different)}); choose another folder "
                "or delete it"
            )
    else:
        write_atomically(mark, json.dumps(settings, indent=1).encode())
