# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Check what works on this machine: versions, processor, cards, ROS, and the model on each device.

A line marked !! names something that is wrong, and its remedy. The exit status is then 1.
"""

from __future__ import annotations

import argparse

from bgflow_ros.segmentation.errors import UserError
from bgflow_ros.segmentation.model import Model, ModelError
from bgflow_ros.segmentation.providers import AUTO, DEVICES
from bgflow_ros.tools.cli.arguments import add_model
from bgflow_ros.tools.doctor import examine

GROUP = "use"
HELP = "Check what works on this machine, and explain what does not."
SIGNS = {True: "ok", False: "!!", None: "  "}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    add_model(parser)
    parser.add_argument(
        "--device",
        nargs="+",
        choices=DEVICES[1:],
        default=AUTO,
        help=f"devices to try ({' '.join(AUTO)}); tensorrt builds engines for minutes the first time",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the findings as they come; 1 where one is bad."""
    try:
        model = Model.load(arguments.model, arguments.largest)
        good = True
        for finding in examine(model, tuple(arguments.device)):
            print(f"{SIGNS[finding.good]} {finding.subject:<16} {finding.text}", flush=True)
            good = good and finding.good is not False
    except ModelError as error:
        raise UserError(str(error)) from error
    return 0 if good else 1
