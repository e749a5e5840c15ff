# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Measure how long making the default model takes on this machine: features, the fit, and one flow.

Writes training.json and training.md into the output folder.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from bgflow_ros.segmentation.errors import UserError
from bgflow_ros.segmentation.files import user_path
from bgflow_ros.tools.cli.reports import add_out, output_folder, write_report

GROUP = "measure"
HELP = "Measure the time that making a model takes."
EXTRA = "train"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("--data", type=user_path, required=True, help="folder that holds nyu/")
    add_out(parser)
    parser.add_argument("--seed", type=int, default=0, help="seed of the fits (%(default)s)")


def run(arguments: argparse.Namespace) -> int:
    """Measure, write the report and print its table."""
    from bgflow_train.data import DatasetError
    from bgflow_train.studies.speed.training import measure_training, table

    with output_folder(arguments.out):
        try:
            with tempfile.TemporaryDirectory() as work:
                numbers = measure_training(arguments.data, Path(work), arguments.seed)
        except DatasetError as error:
            raise UserError(str(error)) from error
        write_report(arguments.out / "training", numbers, table(numbers))
    return 0
