# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Measure the packaged model beside other systems on this machine.

Every system runs in a process of its own, with the same number of threads, on the same images, and returns a mask.
The systems take turns in rounds. Writes benchmark.json, benchmark.md and benchmark.png into the output folder. A
system whose package is missing is left out. A system that fails is reported while the others go on; the exit status
is then 1.
"""

from __future__ import annotations

import argparse
import sys

from bgflow_ros.segmentation.errors import UserError
from bgflow_ros.segmentation.files import user_path
from bgflow_ros.segmentation.providers import PROVIDERS
from bgflow_ros.tools.cli.reports import add_out, output_folder
from bgflow_train.studies.speed.systems import SYSTEMS

GROUP = "measure"
HELP = "Measure the packaged model beside other systems."
EXTRA = "train"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    add_out(parser)
    parser.add_argument("--seed", type=int, default=0, help="seed of weights, images and orders (%(default)s)")
    parser.add_argument(
        "--images", type=user_path, metavar="DIR", help="images to measure on; without it, rendered ones"
    )
    named = "some of: " + ", ".join(f"'{name}'" for name in SYSTEMS)
    parser.add_argument(
        "--systems", nargs="+", metavar="NAME", choices=list(SYSTEMS), default=list(SYSTEMS), help=named
    )
    parser.add_argument("--rounds", type=_positive, default=10, help="turns of each system (%(default)s)")
    parser.add_argument("--frames", type=_positive, default=20, help="largest number of images in a turn (%(default)s)")
    parser.add_argument("--threads", type=_positive, default=2, help="CPU threads of each system (%(default)s)")
    parser.add_argument("--device", choices=tuple(PROVIDERS), default="cpu", help="where networks run (%(default)s)")
    growth = "do not measure how the packaged model's time grows with camera size, cameras and threads"
    parser.add_argument("--no-growth", dest="growth", action="store_false", help=growth)


def run(arguments: argparse.Namespace) -> int:
    """Measure, write the report and print its tables; 1 where a system failed."""
    from bgflow_ros.media.sources import MediaError
    from bgflow_ros.segmentation.model import ModelError
    from bgflow_train.studies.speed import images
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
    with output_folder(arguments.out):
        try:
            if arguments.images is None:
                shown, source = images.render(arguments.seed), "rendered"
            else:
                shown, source = images.read(arguments.images), arguments.images.name
            record = benchmark(chosen, shown, source, setting)
        except (MediaError, ModelError) as error:
            raise UserError(str(error)) from error
        for name, why in record["left_out"].items():
            print(f"bgflow benchmark systems: left out: {name}: {why}", file=sys.stderr)
        for name, why in record["failed"].items():
            print(f"bgflow benchmark systems: failed: {name}: {why}", file=sys.stderr)
        path = write_report(record, arguments.out)
        print(path.read_text(encoding="utf-8"))
        print(path)
    return 1 if record["failed"] else 0


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return number
