# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Recognition of bags by the names of their files and folders."""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["FILE", "METADATA", "ROS1", "files_in", "is_bag", "is_bag_file"]

METADATA = "metadata.yaml"
ROS1 = ".bag"
"""Suffix of ROS 1 bags in lower case."""
FILE = re.compile(r"(?P<bag>.+?)(_(?P<number>\d+))?\.(?P<storage>mcap|db3)(?P<compressed>\.zstd|\.zst)?", re.IGNORECASE)
"""Name of a file of a bag; rosbag2 numbers the files of one bag."""


def is_bag_file(path: Path) -> bool:
    """Tell whether a path is a file with the name of a file of a ROS 2 bag."""
    return bool(FILE.fullmatch(path.name)) and path.is_file()


def is_bag(path: Path) -> bool:
    """Tell whether a folder is one ROS 2 bag: it has a metadata.yaml, or its files are numbered parts."""
    try:
        files = files_in(path)
    except OSError:  # no folder, or one that this user may not look into
        return False
    if not files or (path / METADATA).is_file():
        return bool(files)
    names = [found for file in files if (found := FILE.fullmatch(file.name))]
    numbers = [name["number"] for name in names]
    # Files named after the second at which they begin are several bags.
    parts = numbers[0] is not None and numbers == [str(int(numbers[0]) + place) for place in range(len(numbers))]
    return len(files) > 1 and parts and len({name["bag"] for name in names}) == 1


def files_in(folder: Path) -> list[Path]:
    """List the files of bags in a folder in the order of their numbers."""

    def place(path: Path) -> tuple[str, int]:
        found = FILE.fullmatch(path.name)
        assert found
        return found["bag"], int(found["number"] or 0)

    return sorted(filter(is_bag_file, folder.iterdir()), key=place)
