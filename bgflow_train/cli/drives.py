# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Arguments of the verbs that measure a model on drives."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bgflow_ros.segmentation.errors import UserError
from bgflow_ros.segmentation.files import user_path, write_atomically
from bgflow_ros.segmentation.model import Model, ModelError
from bgflow_ros.tools.cli.arguments import add_model

if TYPE_CHECKING:  # needs the extra train
    from bgflow_train.studies.odometry.drive import Drive

__all__ = ["add_drives", "open_drives", "report_drives", "write_report"]


def add_drives(parser: argparse.ArgumentParser) -> None:
    """Declare the drives, the output folder and the model."""
    parser.add_argument("drives", metavar="DRIVE", nargs="+", type=user_path, help="folder of one drive, or of several")
    parser.add_argument("--out", type=user_path, required=True, help="folder to write, which is created if missing")
    add_model(parser)


def open_drives(arguments: argparse.Namespace) -> tuple[list[Drive], Model]:
    """Open the drives and the model.

    Raises:
        DriveError, ModelError: One of them cannot be read.
    """
    from bgflow_train.studies.odometry.drive import find_drives

    return find_drives(arguments.drives), Model.load(arguments.model, arguments.largest)


def report_drives(
    arguments: argparse.Namespace,
    measure: Callable[[Sequence[Drive], Model, Path], list[dict[str, Any]]],
    report: Callable[[Sequence[dict[str, Any]]], str],
    name: str,
    title: str,
) -> int:
    """Measure a model on drives and write the report; return the exit status.

    Args:
        arguments: Those of `add_drives`.
        measure: Measures the drives whose results are missing in a folder, and returns all.
        report: Writes results as Markdown.
        name: Name of the report's file.
        title: Its title.
    """
    from bgflow_train.studies.odometry.drive import DriveError

    try:
        results = measure(*open_drives(arguments), arguments.out)
    except (DriveError, ModelError) as error:
        raise UserError(str(error)) from error
    write_report(arguments, name, title, report(results))
    return 0


def write_report(arguments: argparse.Namespace, name: str, title: str, text: str) -> None:
    """Write OUT/NAME with a title, and print what stands below it."""
    write_atomically(arguments.out / name, f"# {title}\n\n{text}".encode())
    print(text)
