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

from bgflow_train.cli.drives import add_drives, report_drives

GROUP = "measure"
HELP = "Measure obstacles and phantoms in costmaps."
EXTRA = "train"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    add_drives(parser)


def run(arguments: argparse.Namespace) -> int:
    """Measure the drives that are missing, and print the table."""
    from bgflow_train.studies.costmaps.report import report
    from bgflow_train.studies.costmaps.running import measure_costmaps

    return report_drives(arguments, measure_costmaps, report, "costmaps.md", "Costmaps with and without masks")
