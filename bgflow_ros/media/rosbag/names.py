# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Which files and folders are bags, by their names."""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["FILE", "METADATA", "ROS1", "files_in", "is_bag", "is_bag_file"]

METADATA = "metadata.yaml"
ROS1 = ".bag"
"""Suffix of a ROS 1 bag, in lower case."""
FILE = re.compile(r"(?P<bag>.+?)(_(?P<number>\d+))?\.(?P<storage>mcap|db3)(?P<compressed>\.zstd|\.zst)?", re.IGNORECASE)
"""Name of a file of a bag; rosbag2 numbers those of one bag."""


def is_bag_file(path: Path) -> bool:
    """Whether a path is a file that is named as one of a ROS 2 bag."""
    return bool(FILE.fullmatch(path.name)) and path.is_file()


def is_bag(path: Path) -> bool:
    """Whether a path is the folder of one ROS 2 bag: with a metadata.yaml, or with files that are numbered parts."""
    try:
        files = files_in(path)
    except OSError:  # no folder, or one that this user may not look into
        return False
    if not files or (path / METADATA).is_file():
        return bool(files)
    names = [found for file in files if (found := FILE.fullmatch(file.name))]
    numbers = [name["number"] for name in names]
    # Not of several bags that are named by the second at which they began.
    parts = numbers[0] is not None and numbers == [str(int(numbers[0]) + place) for place in range(len(numbers))]
    return len(files) > 1 and parts and len({name["bag"] for name in names}) == 1


def files_in(folder: Path) -> list[Path]:
    """Files of bags, in the order of their numbers."""

    def place(path: Path) -> tuple[str, int]:
        found = FILE.fullmatch(path.name)
        assert found
        return found["bag"], int(found["number"] or 0)

    return sorted(filter(is_bag_file, folder.iterdir()), key=place)
