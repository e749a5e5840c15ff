# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Measure the real node over real DDS, between a camera and a receiver; needs ROS 2.

Camera, node and receiver are three processes, which run once for each rate of the camera. Writes node.json, node.md
and, where matplotlib is installed, node.png into the output folder.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict

from bgflow_ros.segmentation.errors import UserError
from bgflow_ros.segmentation.files import write_atomically
from bgflow_ros.segmentation.outputs import FOREGROUND_MASK, IMAGE_OUTPUTS
from bgflow_ros.tools.cli.arguments import read_sizes
from bgflow_ros.tools.cli.reports import add_out, output_folder, write_report
from bgflow_ros.tools.node_benchmark.children import TRANSPORTS
from bgflow_ros.tools.node_benchmark.limiter import Limit

GROUP = "measure"
HELP = "Measure the node over DDS, between a camera and a receiver."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    add_out(parser)
    parser.add_argument(
        "--rates",
        type=float,
        nargs="+",
        default=[30.0, 60.0],
        metavar="HZ",
        help="rates of the camera, one run for each (30 60)",
    )
    parser.add_argument("--camera", default="640x480", metavar="WxH", help="size of the camera's images (%(default)s)")
    parser.add_argument(
        "--best-effort", action="store_true", help="let the camera publish best effort instead of reliable"
    )
    parser.add_argument(
        "--outputs",
        nargs="+",
        choices=[output.name for output in IMAGE_OUTPUTS],
        default=[FOREGROUND_MASK.name],
        metavar="NAME",
        help="outputs to receive; an image is answered when the last of them is there (%(default)s)",
    )
    parser.add_argument(
        "--transport", choices=TRANSPORTS, default=TRANSPORTS[0], help="transport of the images (%(default)s)"
    )
    parser.add_argument("--seconds", type=float, default=20.0, help="duration of each measurement (%(default)s)")
    parser.add_argument(
        "--parameter",
        action="append",
        default=[],
        metavar="NAME:=VALUE",
        help="parameter of the node; may be given several times",
    )
    parser.add_argument(
        "--limit",
        metavar="CORES[:SHARE]",
        help="let the node use this number of cores only, and them for this share of the time, as on a weaker machine",
    )


def run(arguments: argparse.Namespace) -> int:
    """Measure, write the report and print its table."""
    from bgflow_ros.tools.node_benchmark.measure import BenchmarkError, Setup, measure_node
    from bgflow_ros.tools.node_benchmark.plot import node_plot
    from bgflow_ros.tools.node_benchmark.result import table

    with output_folder(arguments.out):
        [camera] = read_sizes(arguments, "camera")
        for parameter in arguments.parameter:
            if ":=" not in parameter:
                raise UserError(f"--parameter is {parameter!r}; expected NAME:=VALUE")
        try:
            limit = Limit.parse(arguments.limit) if arguments.limit else None
        except ValueError as error:
            raise UserError(f"--limit is {error}") from error
        setup = Setup(
            parameters=dict(parameter.split(":=", 1) for parameter in arguments.parameter),
            rates=arguments.rates,
            seconds=arguments.seconds,
            camera=camera,
            best_effort=arguments.best_effort,
            outputs=arguments.outputs,
            transport=arguments.transport,
            limit=limit,
        )
        try:
            result = measure_node(setup, lambda line: print(line, file=sys.stderr))
        except BenchmarkError as error:
            raise UserError(str(error)) from error
        write_report(arguments.out / "node", asdict(result), table(result))
        try:
            write_atomically(arguments.out / "node.png", node_plot(result))
        except ModuleNotFoundError as error:  # a robot has no matplotlib
            print(f"bgflow benchmark node: no plot without {error.name}", file=sys.stderr)
        return 0
