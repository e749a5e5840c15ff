# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Files that are either whole or not there, and where the package keeps its own."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["cache", "share", "write_atomically"]


def write_atomically(path: Path, data: bytes) -> None:
    """Write to a temporary name beside `path` and rename, so that a kill leaves the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def cache() -> Path:
    """Folder for what may be deleted at any time, of this user."""
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "bgflow"


def share() -> Path:
    """Folder that holds launch/, config/ and models/: the checkout, or share/bgflow of the installation.

    Raises:
        FileNotFoundError: the package was copied without its share folder.
    """
    here = Path(__file__).resolve()
    for parent in here.parents:
        if (parent / "package.xml").is_file() and (parent / "models").is_dir():
            return parent
        if (parent / "share" / "bgflow" / "models").is_dir():
            return parent / "share" / "bgflow"
    raise FileNotFoundError(f"no share/bgflow above {here}; install bgflow with pip or colcon")
