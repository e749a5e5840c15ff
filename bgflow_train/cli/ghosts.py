# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Measure what the map of a first day still holds on another, although it is gone.

Each room is mapped on its first day, from all its depth, from what ~/static_depth keeps at several settings, and from
the depth of true background; where the drive of another day sees through a surface of the map, it is a ghost. Writes
DRIVE.json for each drive of another day, and ghosts.md. Drives that have been measured are skipped, so an interrupted
run continues. Drives come from `bgflow drives --days`.
"""

from __future__ import annotations

import argparse

from bgflow_train.cli.drives import add_drives, report_drives

GROUP = "measure"
HELP = "Measure what is gone and still in a map."
EXTRA = "train"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    add_drives(parser)


def run(arguments: argparse.Namespace) -> int:
    """Measure the drives that are missing, and print the table."""
    from bgflow_train.studies.ghosts.report import report
    from bgflow_train.studies.ghosts.running import find_ghosts

    return report_drives(arguments, find_ghosts, report, "ghosts.md", "What is gone and still in a map")
