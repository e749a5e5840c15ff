# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Soak the node: run it beside a camera with random faults and report how it behaved."""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from support.robot import Segment
from tqdm import tqdm

from bgflow_ros.node.fastdds import choose_shared_memory
from bgflow_ros.segmentation.usage import machine, memory
from soak import report
from soak.camera import FilmingRobot
from soak.faults import FAULTS

CALM = 1.0
"""Seconds after a fault during which masks do not count as undisturbed."""


def main() -> int:
    """Run a soak; return 1 if the node did not behave as it should."""
    parser = argparse.ArgumentParser(prog="scripts/soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0, help="duration (%(default)s)")
    parser.add_argument(
        "--seed", type=int, default=0, help="seed of the choice, times and durations of the faults (%(default)s)"
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="folder for soak.json, soak.md and soak.png"
    )
    parser.add_argument("--model", default="default", help="name or folder of the model (%(default)s)")
    parser.add_argument(
        "--faults",
        nargs="+",
        choices=FAULTS,
        metavar="FAULT",
        default=list(FAULTS),
        help="faults to cause (default: all)",
    )
    arguments = parser.parse_args()
    choose_shared_memory(os.environ)
    with tempfile.TemporaryDirectory() as frames:
        soaked = soak(arguments, {"model": arguments.model, "device": "cpu", "save_folder": frames})
    report.write(soaked, arguments.out)
    print((arguments.out / "soak.md").read_text())
    failures = soaked.failures()
    for failure in failures:
        print(f"soak: {failure}", file=sys.stderr)
    return int(bool(failures))


def soak(arguments: argparse.Namespace, parameters: dict[str, object]) -> report.Soaked:
    """Run the node with faults and return what was measured."""
    chance = random.Random(arguments.seed)
    robot, segment = FilmingRobot(), Segment(parameters, afresh=True)
    soaked = report.Soaked(arguments.seed, arguments.minutes, machine=machine())
    moments: list[tuple[float, float]] = []
    try:
        if not robot.until(lambda: robot.masks, 60):
            raise SystemExit(f"soak: no mask has come; the node says:\n{segment.log()}")
        start = time.monotonic()

        def sample() -> None:
            used = memory(segment.process.pid)
            handles = len(list(Path(f"/proc/{segment.process.pid}/fd").iterdir()))
            soaked.samples.append(
                report.Sample(time.monotonic() - start, used.resident, used.private, used.threads, handles)
            )

        robot.node.create_timer(5.0, sample)
        for name in schedule(chance, arguments.faults, start + 60 * arguments.minutes):
            robot.wait(chance.uniform(3, 8))
            robot.happens, began = name, time.monotonic()
            FAULTS[name](robot, segment, chance, 1.0)
            if segment.process.poll() is not None:
                raise SystemExit(f"soak: {name} ended the node; it says:\n{segment.log()}")
            robot.happens = ""
            moments.append((began, time.monotonic() + CALM))
            soaked.faults.append((began - start, name))
        # Messages on their way arrive, and the node publishes its diagnostics once more.
        with robot.behaving(rate=0.0):
            robot.wait(3)
    finally:
        status, seconds = segment.stop()
        log = segment.log()
        segment.close()
        robot.close()
    if status or seconds > 2 or "Traceback" in log:
        raise SystemExit(f"soak: the node exited with status {status} after {seconds:.1f} s; it says:\n{log}")
    soaked.published, soaked.masks, soaked.gaps = robot.published, robot.masks, robot.gaps
    soaked.received, soaked.answered, soaked.dropped = robot.counts()
    soaked.lost = soaked.dropped.pop("lost on the way", 0)
    soaked.ages = [
        (when - start, 1000 * age)
        for when, age, happened in robot.ages
        if not happened and when > start and not any(began <= when <= ended for began, ended in moments)
    ]
    return soaked


def schedule(chance: random.Random, names: list[str], end: float) -> Iterator[str]:
    """Yield the names of faults in random order, each equally often, until the time is over."""
    with tqdm(total=round(end - time.monotonic()), unit="s", mininterval=1) as bar:
        while time.monotonic() < end:
            for name in chance.sample(names, len(names)):
                if time.monotonic() >= end:
                    break
                bar.set_description(name)
                before = time.monotonic()
                yield name
                bar.update(round(time.monotonic() - before))


if __name__ == "__main__":
    sys.exit(main())
