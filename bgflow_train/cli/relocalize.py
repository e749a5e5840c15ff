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
from bgflow_ros.segmentation.model import ModelError
from bgflow_train.cli.drives import add_drives, open_drives, write_report

GROUP = "measure"
HELP = "Measure localisation on another day."
EXTRA = "train"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    add_drives(parser)
    parser.add_argument("--seeds", type=int, default=3, help="attempts at each place (%(default)s)")


def run(arguments: argparse.Namespace) -> int:
    """Measure the drives that are missing, and print the tables."""
    from bgflow_train.studies.odometry.drive import DriveError
    from bgflow_train.studies.relocalization.plot import plot
    from bgflow_train.studies.relocalization.report import report
    from bgflow_train.studies.relocalization.running import relocalize

    if arguments.seeds < 1:
        raise UserError(f"found --seeds {arguments.seeds}; expected at least 1")
    try:
        results = relocalize(*open_drives(arguments), arguments.seeds, arguments.out)
    except (DriveError, ModelError) as error:
        raise UserError(str(error)) from error
    plot(results, arguments.out / "relocalization.png")
    write_report(arguments, "relocalization.md", "Localisation on another day", report(results))
    return 0
