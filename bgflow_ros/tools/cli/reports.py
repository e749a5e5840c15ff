# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Output folders and reports of the benchmarks."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bgflow_ros.segmentation.errors import UserError
from bgflow_ros.segmentation.files import user_path, write_atomically

__all__ = ["add_out", "output_folder", "write_report"]


def add_out(parser: argparse.ArgumentParser) -> None:
    """Declare --out."""
    parser.add_argument(
        "--out", type=user_path, default=Path("work/benchmark"), help="folder to write to (%(default)s)"
    )


@contextmanager
def output_folder(folder: Path) -> Iterator[None]:
    """Create the folder for what is measured inside the context.

    Raises:
        UserError: the folder cannot be written, which is checked before minutes of measuring, or a file cannot be read
            or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise UserError(f"{folder} cannot be written; name another folder with --out")
        yield
    except OSError as error:
        raise UserError(str(error)) from error


def write_report(path: Path, numbers: dict[str, Any], table: str) -> None:
    """Write numbers to PATH.json and the table to PATH.md, and print the table."""
    write_atomically(path.with_suffix(".json"), (json.dumps(numbers, indent=1) + "\n").encode())
    write_atomically(path.with_suffix(".md"), table.encode())
    print(table)
    print(path.with_suffix(".md"))
