# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Estimate how long the packaged model's network takes on computers that are not at hand.

The estimate is the least time of the network's products at rates that others have published, times the factor that
records of `bgflow benchmark systems` show on computers that were at hand. Each of these is estimated from the others as
well, which shows the error. Writes estimate.json and estimate.md into the output folder.
"""

from __future__ import annotations

import argparse

from bgflow_ros.segmentation.errors import UserError
from bgflow_ros.segmentation.files import user_path
from bgflow_ros.tools.cli.reports import add_out, output_folder, write_report

GROUP = "measure"
HELP = "Estimate the packaged model's time on other computers."
EXTRA = "train"
SYSTEMS = {"bgflow int8": "int8", "bgflow float32": "graph"}
"""Systems with the model's graph that each runs."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument(
        "records", nargs="+", type=user_path, metavar="RECORD", help="benchmark.json of `bgflow benchmark systems`"
    )
    parser.add_argument("--rates", type=user_path, required=True, metavar="FILE", help="published rates (JSON)")
    add_out(parser)


def run(arguments: argparse.Namespace) -> int:
    """Estimate, write the report and print its table."""
    from bgflow_ros.segmentation.model import DEFAULT_MODEL, Model
    from bgflow_train.studies.speed import estimate
    from bgflow_train.studies.speed.operations import count

    model = Model.load(DEFAULT_MODEL)
    with output_folder(arguments.out):
        try:
            computers = estimate.published(arguments.rates)
            found = {
                system: estimate.estimates(
                    count(getattr(model, graph)).operations,
                    [estimate.known(record, system) for record in arguments.records],
                    computers,
                )
                for system, graph in SYSTEMS.items()
            }
        except estimate.EstimateError as error:
            raise UserError(str(error)) from error
        write_report(arguments.out / "estimate", estimate.as_numbers(found), estimate.table(found, computers))
    return 0
