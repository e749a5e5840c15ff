# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Measure the effect of masks on visual odometry, on drives with known poses and depth.

With --systems also on ORB-SLAM3, whose vocabulary is learnt from the drives (vocabulary.txt), and on COLMAP.
Writes DRIVE.json for each drive, odometry.md and odometry.png. Drives that have been measured are skipped, so an
interrupted run continues. Drives come from `bgflow drives` or from TUM's RGB-D benchmark.
"""

from __future__ import annotations

import argparse
import importlib.util

from bgflow_ros.segmentation.errors import UserError
from bgflow_ros.segmentation.model import ModelError
from bgflow_train.cli.drives import add_drives, open_drives, write_report

GROUP = "measure"
HELP = "Measure the effect of masks on visual odometry."
EXTRA = "train"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    add_drives(parser)
    parser.add_argument("--seeds", type=int, default=2, help="runs of methods that draw random numbers (%(default)s)")
    parser.add_argument(
        "--candidates",
        action="store_true",
        help="measure many settings of each remedy, to choose from",
    )
    parser.add_argument("--systems", action="store_true", help="also run ORB-SLAM3 and COLMAP (pip install .[slam])")


def run(arguments: argparse.Namespace) -> int:
    """Measure the drives that are missing, and print the tables."""
    from bgflow_train.studies.odometry.drive import DriveError
    from bgflow_train.studies.odometry.masking import CANDIDATES, MASKINGS
    from bgflow_train.studies.odometry.orb_slam3 import OrbSlamError
    from bgflow_train.studies.odometry.plot import plot
    from bgflow_train.studies.odometry.report import report
    from bgflow_train.studies.odometry.running import measure_drives

    if arguments.systems:
        for module in ("pycolmap", "pyorbslam3"):
            if importlib.util.find_spec(module) is None:
                raise UserError(
                    f"--systems needs {module}, which is not installed: in the checkout, pip install '.[slam]'"
                )
    maskings = CANDIDATES if arguments.candidates else MASKINGS
    try:
        results = measure_drives(*open_drives(arguments), maskings, arguments.seeds, arguments.out, arguments.systems)
    except (DriveError, ModelError, OrbSlamError) as error:
        raise UserError(str(error)) from error
    plot(results, arguments.out / "odometry.png")
    write_report(arguments, "odometry.md", "Odometry with and without masks", report(results))
    return 0
