# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Files that are written completely or not at all, and the folders in which the package keeps its own files."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from pathlib import Path

__all__ = ["cache", "expand", "for_opencv", "share", "user_path", "write_atomically", "write_together"]


def write_atomically(path: Path, data: bytes) -> None:
    """Write to a temporary name beside `path` and rename, so that a killed process leaves the old or the new file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_together(files: Mapping[Path, bytes]) -> None:
    """Write several files, either all of them completely or none.

    Raises:
        OSError: one of them cannot be written.
    """
    written = []
    try:
        for path, content in files.items():
            write_atomically(path, content)
            written.append(path)
    except OSError:
        for path in written:
            path.unlink(missing_ok=True)
        raise


def expand(path: str | Path) -> Path:
    """Replace a leading `~` or `~USER` by that home folder; a `~NAME` that names no user stays as it is.

    Raises:
        OSError: the path begins with `~`, and this user has no home folder, as in a container that is run with a
            user number of its own, or HOME is empty.
    """
    if os.environ.get("HOME") == "" and str(path).split("/", 1)[0] == "~":
        raise OSError(f"{path}: no home folder: HOME is empty; set HOME, or write the whole path")  # `~` would become /
    expanded = Path(os.path.expanduser(path))  # noqa: PTH111 (the method of Path raises where NAME is no user's)
    if expanded.parts[:1] == ("~",):
        raise OSError(
            f"{path}: no home folder: HOME is not set, and user {os.getuid()} has no passwd entry; "
            "set HOME, or write the whole path"
        )
    return expanded


def user_path(text: str) -> Path:
    """Expand `~` in a path as a shell would, where no shell has: `--out=~/masks`, launch files, services.

    Raises:
        argparse.ArgumentTypeError: there is no home folder for `~`.
    """
    try:
        return expand(text)
    except OSError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def for_opencv(path: Path) -> str:
    """Write a path so that OpenCV and Rerun open what it names.

    The path is made absolute, because FFmpeg takes text before a colon for a protocol.

    Raises:
        OSError: the path is not UTF-8, with which OpenCV's videos end the process and Rerun raises.
    """
    name = str(path.absolute())
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise OSError("its name is not UTF-8, which is expected here; rename it") from error
    return name


def cache() -> Path:
    """Folder of this user for files that may be deleted at any time.

    Raises:
        OSError: there is neither XDG_CACHE_HOME nor a home folder.
    """
    return expand(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "bgflow"


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
