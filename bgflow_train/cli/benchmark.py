# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Measure the packaged model against its peers, side by side on this machine; or the node, or making a model.

Every system runs in a process of its own with the same threads, takes the same pictures and gives a mask; they have
their turns in rounds. Writes benchmark.json, benchmark.md and benchmark.png into the output folder. A system whose
package is missing is left out, one that fails is reported, and the exit status is then 1; the others go on.

With --node the real node over real DDS, between a camera and a receiver: node.json, node.md and node.png. With
--offline features and fit: offline.json and offline.md.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bgflow_ros.segmentation.errors import UserError
from bgflow_ros.segmentation.files import user_path, write_atomically
from bgflow_ros.segmentation.providers import PROVIDERS
from bgflow_ros.tools.cli.arguments import read_sizes
from bgflow_ros.tools.node_benchmark.children import TRANSPORTS
from bgflow_train.studies.speed.systems import SYSTEMS

GROUP = "measure"
HELP = "Measure the speed of the node, the model or the training."
EXTRA = "train"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument(
        "--out", type=user_path, default=Path("work/benchmark"), help="folder to write to (%(default)s)"
    )
    parser.add_argument("--seed", type=int, default=0, help="of weights, pictures and orders (%(default)s)")
    group = parser.add_argument_group("systems on pictures")
    group.add_argument(
        "--images", type=user_path, metavar="DIR", help="pictures to time on; rendered ones where not given"
    )
    named = "some of: " + ", ".join(f"'{name}'" for name in SYSTEMS)
    group.add_argument("--systems", nargs="+", metavar="NAME", choices=list(SYSTEMS), default=list(SYSTEMS), help=named)
    group.add_argument("--rounds", type=_positive, default=10, help="turns of each system (%(default)s)")
    group.add_argument("--frames", type=_positive, default=20, help="pictures of a turn, at most (%(default)s)")
    group.add_argument("--threads", type=_positive, default=2, help="CPU threads of each system (%(default)s)")
    group.add_argument("--device", choices=tuple(PROVIDERS), default="cpu", help="where networks run (%(default)s)")
    growth = "leave out the packaged model's time by camera size, cameras and threads"
    group.add_argument("--no-growth", dest="growth", action="store_false", help=growth)

    node = parser.add_argument_group("the node (--node)")
    node.add_argument("--node", action="store_true", help="measure the node instead; needs ROS 2, no train extra")
    node.add_argument(
        "--rates", type=float, nargs="+", default=[30.0, 60.0], metavar="HZ", help="of the camera (30 60)"
    )
    node.add_argument("--camera", default="640x480", metavar="WxH", help="size of its images (%(default)s)")
    node.add_argument("--best-effort", action="store_true", help="its reliability; else reliable")
    node.add_argument("--transport", choices=TRANSPORTS, default=TRANSPORTS[0], help="of images (%(default)s)")
    node.add_argument("--seconds", type=float, default=20.0, help="to measure for at each rate (%(default)s)")
    node.add_argument(
        "--parameter",
        action="append",
        default=[],
        metavar="NAME:=VALUE",
        help="of the node; may be given several times",
    )
    offline = parser.add_argument_group("making a model (--offline)")
    offline.add_argument(
        "--offline", type=user_path, metavar="DATA", help="measure it instead, with this folder's nyu/"
    )


def run(arguments: argparse.Namespace) -> int:
    """Measure, write the report and print its tables; 1 where a system failed."""
    measure = _node if arguments.node else _offline if arguments.offline else _systems
    try:
        arguments.out.mkdir(parents=True, exist_ok=True)
        if not os.access(arguments.out, os.W_OK):  # measuring takes minutes; this is told before
            raise UserError(f"{arguments.out} cannot be written; name another folder with --out")
        return measure(arguments)
    except OSError as error:
        raise UserError(str(error)) from error


def _node(arguments: argparse.Namespace) -> int:
    from bgflow_ros.tools.node_benchmark.measure import BenchmarkError, Setup, measure_node
    from bgflow_ros.tools.node_benchmark.result import table

    [camera] = read_sizes(arguments, "camera")
    for parameter in arguments.parameter:
        if ":=" not in parameter:
            raise UserError(f"--parameter is {parameter!r}; expected NAME:=VALUE")
    setup = Setup(
        parameters=dict(parameter.split(":=", 1) for parameter in arguments.parameter),
        rates=arguments.rates,
        seconds=arguments.seconds,
        camera=camera,
        best_effort=arguments.best_effort,
        transport=arguments.transport,
    )
    try:
        result = measure_node(setup, lambda line: print(line, file=sys.stderr))
    except BenchmarkError as error:
        raise UserError(str(error)) from error
    _write(arguments.out / "node", asdict(result), table(result))
    try:
        from bgflow_train.studies.speed.node_report import node_plot

        write_atomically(arguments.out / "node.png", node_plot(result))
    except ModuleNotFoundError as error:  # a robot has no matplotlib
        print(f"bgflow benchmark: no plot without {error.name}", file=sys.stderr)
    return 0


def _offline(arguments: argparse.Namespace) -> int:
    from bgflow_train.data import DatasetError
    from bgflow_train.studies.speed.training import measure_offline, offline_table

    try:
        with tempfile.TemporaryDirectory() as work:
            found = measure_offline(arguments.offline, Path(work), arguments.seed)
    except DatasetError as error:
        raise UserError(str(error)) from error
    _write(arguments.out / "offline", found, offline_table(found))
    return 0


def _write(path: Path, found: dict[str, Any], table: str) -> None:
    write_atomically(path.with_suffix(".json"), (json.dumps(found, indent=1) + "\n").encode())
    write_atomically(path.with_suffix(".md"), table.encode())
    print(table)
    print(path.with_suffix(".md"))


def _systems(arguments: argparse.Namespace) -> int:
    from bgflow_ros.media.sources import MediaError
    from bgflow_ros.segmentation.model import ModelError
    from bgflow_train.studies.speed import pictures
    from bgflow_train.studies.speed.report import write_report
    from bgflow_train.studies.speed.running import Setting, benchmark

    chosen = [SYSTEMS[name] for name in dict.fromkeys(arguments.systems)]
    setting = Setting(
        rounds=arguments.rounds,
        frames=arguments.frames,
        threads=arguments.threads,
        device=arguments.device,
        seed=arguments.seed,
        growth=arguments.growth,
    )
    try:
        if arguments.images is None:
            shown, source = pictures.render(arguments.seed), "rendered"
        else:
            shown, source = pictures.read(arguments.images), arguments.images.name
        record = benchmark(chosen, shown, source, setting)
    except (MediaError, ModelError) as error:
        raise UserError(str(error)) from error
    for name, why in record["left_out"].items():
        print(f"bgflow benchmark: left out: {name}: {why}", file=sys.stderr)
    for name, why in record["failed"].items():
        print(f"bgflow benchmark: failed: {name}: {why}", file=sys.stderr)
    path = write_report(record, arguments.out)
    print(path.read_text(encoding="utf-8"))
    print(path)
    return 1 if record["failed"] else 0


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return number
