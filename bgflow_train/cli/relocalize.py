# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Measure localisation on another day, in a map of the first, with and without masks.

Each room is mapped on its first day and localised in on the others, on which furniture has moved: by depth from
roughly the right place, and by features from anywhere; from all of the image, from what the node's masks keep at
several settings, and from true background. Writes DRIVE.json for each drive, relocalization.md and relocalization.png.
Drives that have been measured are skipped, so an interrupted run continues. Drives come from `bgflow drives --days`.
"""

from __future__ import annotations

import argparse

from bgflow_ros.segmentation.errors import UserError
from bgflow_ros.segmentation.files import user_path, write_atomically
from bgflow_ros.segmentation.model import Model, ModelError
from bgflow_ros.tools.cli.arguments import add_model

GROUP = "measure"
HELP = "Measure localisation on another day."
EXTRA = "train"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("drives", metavar="DRIVE", nargs="+", type=user_path, help="folder of one drive, or of several")
    parser.add_argument("--out", type=user_path, required=True, help="folder to write, which is created if missing")
    parser.add_argument("--seeds", type=int, default=3, help="attempts at each place (%(default)s)")
    add_model(parser)


def run(arguments: argparse.Namespace) -> int:
    """Measure the drives that are missing, and print the tables."""
    from bgflow_train.studies.odometry.drive import DriveError, find_drives
    from bgflow_train.studies.relocalization.plot import plot
    from bgflow_train.studies.relocalization.report import report
    from bgflow_train.studies.relocalization.running import relocalize

    if arguments.seeds < 1:
        raise UserError(f"found --seeds {arguments.seeds}; expected at least 1")
    try:
        drives = find_drives(arguments.drives)
        model = Model.load(arguments.model, arguments.largest)
        results = relocalize(drives, model, arguments.seeds, arguments.out)
    except (DriveError, ModelError) as error:
        raise UserError(str(error)) from error
    text = report(results)
    write_atomically(arguments.out / "relocalization.md", ("# Localisation on another day\n\n" + text).encode())
    plot(results, arguments.out / "relocalization.png")
    print(text)
    return 0
