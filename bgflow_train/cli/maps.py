# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Measure what the node's masks keep out of a map, and what of the room they lose, on drives with known poses.

Each drive is mapped from all its depth, from what ~/static_depth keeps at several settings, and from the depth of
true background. Writes DRIVE.json and DRIVE.png, the maps from above, for each drive, and maps.md. Drives that have
been mapped are skipped, so an interrupted run continues. Drives come from `bgflow drives`.
"""

from __future__ import annotations

import argparse

from bgflow_train.cli.drives import add_drives, report_drives

GROUP = "measure"
HELP = "Measure what masks keep out of maps."
EXTRA = "train"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    add_drives(parser)


def run(arguments: argparse.Namespace) -> int:
    """Map the drives that are missing, and print the table."""
    from bgflow_train.studies.maps.report import report
    from bgflow_train.studies.maps.running import map_drives

    return report_drives(arguments, map_drives, report, "maps.md", "Maps with and without masks")
