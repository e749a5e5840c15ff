# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Measure costmaps of drives with known poses: obstacles missed, phantoms on walls, free floor lost.

The packaged configurations of Nav2's voxel layer and of its semantic layer are applied by models of these layers,
beside a voxel layer of all depth and one of true foreground. Writes DRIVE.json and DRIVE.png, the costmaps at the end,
for each drive, and costmaps.md. Drives that have been measured are skipped, so an interrupted run continues. Drives
come from `bgflow drives --amounts 0`.
"""

from __future__ import annotations

import argparse

from bgflow_ros.segmentation.errors import UserError
from bgflow_ros.segmentation.files import user_path, write_atomically
from bgflow_ros.segmentation.model import Model, ModelError
from bgflow_ros.tools.cli.arguments import add_model

GROUP = "measure"
HELP = "Measure obstacles and phantoms in costmaps."
EXTRA = "train"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("drives", metavar="DRIVE", nargs="+", type=user_path, help="folder of one drive, or of several")
    parser.add_argument("--out", type=user_path, required=True, help="folder to write, which is created if missing")
    add_model(parser)


def run(arguments: argparse.Namespace) -> int:
    """Measure the drives that are missing, and print the table."""
    from bgflow_train.studies.costmaps.report import report
    from bgflow_train.studies.costmaps.running import measure_costmaps
    from bgflow_train.studies.odometry.drive import DriveError, find_drives

    try:
        drives = find_drives(arguments.drives)
        results = measure_costmaps(drives, Model.load(arguments.model, arguments.largest), arguments.out)
    except (DriveError, ModelError) as error:
        raise UserError(str(error)) from error
    text = report(results)
    write_atomically(arguments.out / "costmaps.md", ("# Costmaps with and without masks\n\n" + text).encode())
    print(text)
    return 0
