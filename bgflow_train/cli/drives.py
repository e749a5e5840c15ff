# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Arguments of the verbs that measure a model on drives."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from bgflow_ros.segmentation.files import user_path, write_atomically
from bgflow_ros.segmentation.model import Model
from bgflow_ros.tools.cli.arguments import add_model

if TYPE_CHECKING:  # needs the extra train
    from bgflow_train.studies.odometry.drive import Drive

__all__ = ["add_drives", "open_drives", "write_report"]


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


def write_report(arguments: argparse.Namespace, name: str, title: str, text: str) -> None:
    """Write OUT/NAME with a title, and print what stands below it."""
    write_atomically(arguments.out / name, f"# {title}\n\n{text}".encode())
    print(text)
