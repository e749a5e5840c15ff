# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Segment many bags at once with Ray: `bgflow segment` on each, on this machine or on a cluster.

PATH is a bag or a folder of bags. Each becomes a bag of the same name in the output folder. Bags that are there already
are skipped, so an interrupted run continues. A bag that cannot be read is reported and skipped; the exit status is then
1. --options has further options of `bgflow segment`, as in `bgflow fleet BAGS --out MASKED --options="--labels"`.

With --address the work is done by a running Ray cluster, whose machines have bgflow installed and see the same files
under the same names.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path

from tqdm import tqdm

from bgflow_ros.media.rosbag.names import is_bag, is_bag_file
from bgflow_ros.segmentation.errors import UserError
from bgflow_ros.segmentation.files import expand, user_path

GROUP = "use"
HELP = "Segment many bags at once, on this machine or on a cluster."
EXTRA = "fleet"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("paths", metavar="PATH", nargs="+", help="bag, or folder of bags")
    parser.add_argument("--out", type=user_path, required=True, help="folder of the new bags")
    parser.add_argument("--workers", type=int, default=0, help="bags at once on this machine; 0: one a core (0)")
    parser.add_argument("--address", help="address of a Ray cluster, such as auto or ray://HOST:10001")
    parser.add_argument("--options", default="", metavar='="..."', help="options of bgflow segment, in one argument")


def run(arguments: argparse.Namespace) -> int:
    """Segment the bags that are missing; 1 where one was not, or only in part."""
    from bgflow_ros.tools.fleet import Outcome, segment_all

    if arguments.workers < 0:
        raise UserError(f"found --workers {arguments.workers}; expected 0 or more")
    targets = [(bag, arguments.out / (bag.name if bag.is_dir() else bag.stem)) for bag in _bags(arguments.paths)]
    names = [out.name for _, out in targets]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise UserError(f"two bags are called {twice}; segment them apart, each with an --out of its own")
    try:
        arguments.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{arguments.out} cannot be created: {error.strerror or error}") from error
    missing = [(bag.resolve(), out.resolve()) for bag, out in targets if not out.exists()]
    with tqdm(total=len(targets), initial=len(targets) - len(missing), unit="bag") as bar:

        def advance(outcome: Outcome) -> None:
            if outcome.status:
                why = outcome.told or f"bgflow segment ended with status {outcome.status}"
                tqdm.write(f"bgflow fleet: {outcome.bag}: {why}", file=sys.stderr)
            bar.update()

        options = shlex.split(arguments.options)
        outcomes = segment_all(missing, options, arguments.workers, arguments.address, advance) if missing else []
    faults = [outcome for outcome in outcomes if outcome.status]
    print(f"{arguments.out}: {len(targets) - len(faults)} of {len(targets)} bags without a fault")
    return int(bool(faults))


def _bags(paths: list[str]) -> list[Path]:
    found = []
    for path in map(expand, paths):
        if is_bag(path) or is_bag_file(path):
            found.append(path)
        elif path.is_dir():
            inside = [child for child in sorted(path.iterdir()) if is_bag(child) or is_bag_file(child)]
            if not inside:
                raise UserError(f"{path}: a folder without bags")
            found += inside
        else:
            raise UserError(f"{path}: no bag, and no folder of bags" if path.exists() else f"{path}: does not exist")
    return found
