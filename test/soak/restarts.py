# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Kill the node beside a camera repeatedly and report the time until the next node publishes masks."""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import time
from pathlib import Path

import numpy as np
from rclpy.qos import ReliabilityPolicy
from support.robot import Segment
from tqdm import trange

from bgflow_ros.node.fastdds import TRANSPORTS, choose_shared_memory, profile
from bgflow_ros.segmentation.files import write_atomically
from bgflow_ros.segmentation.usage import machine
from soak.camera import SMALL, Behaviour, FilmingRobot

PROMISED = 5.0
"""Promised seconds from the start of a node to its first mask."""
PATIENCE = 20.0
"""Seconds after which a node counts as lost and the camera is restarted."""
RELIABILITIES = {"reliable": ReliabilityPolicy.RELIABLE, "best_effort": ReliabilityPolicy.BEST_EFFORT}
SIZES = {f"{usual.size[0]}x{usual.size[1]}": usual for usual in (SMALL, Behaviour())}


def main() -> int:
    """Run the restarts; return 1 if a node was late."""
    parser = argparse.ArgumentParser(prog="scripts/restarts", description=__doc__)
    parser.add_argument("--times", type=int, default=100, help="how often (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="random seed for the kill times (%(default)s)")
    parser.add_argument("--camera", choices=RELIABILITIES, default="reliable", help="the camera's QoS (%(default)s)")
    parser.add_argument("--size", choices=SIZES, default="160x120", help="size of the camera's images (%(default)s)")
    parser.add_argument("--within", type=float, default=PROMISED, help="seconds to the first mask (%(default)s)")
    parser.add_argument("--model", default="default", help="name or folder (%(default)s)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="where the table goes too")
    arguments = parser.parse_args()
    choose_shared_memory(os.environ)
    seconds = restart(arguments)
    table = _table(arguments, seconds)
    print(table)
    if arguments.out:
        write_atomically(arguments.out, table.encode())
    late = sum(one > arguments.within for one in seconds)
    if late:
        print(f"restarts: {late} of {len(seconds)} nodes gave no mask within {arguments.within:g} s", file=sys.stderr)
    return int(bool(late))


def restart(arguments: argparse.Namespace) -> list[float]:
    """Seconds from the start of each node to its first mask; infinite if none came within PATIENCE."""
    chance, taken = random.Random(arguments.seed), []
    robot = FilmingRobot(SIZES[arguments.size])
    robot.plug(RELIABILITIES[arguments.camera])
    try:
        for _ in trange(arguments.times, unit="kill"):
            masks, began = robot.masks, time.monotonic()
            segment = Segment({"model": arguments.model, "device": "cpu"}, afresh=True)
            came = robot.until(lambda masks=masks: robot.masks > masks, PATIENCE)
            taken.append(time.monotonic() - began if came else float("inf"))
            if not came:
                print(f"restarts: no mask; the node says:\n{segment.log()}", file=sys.stderr)
                robot.plug(RELIABILITIES[arguments.camera])
            robot.wait(chance.uniform(0, 0.3))
            segment.stop(signal.SIGKILL)
            segment.close()
            robot.wait(chance.uniform(0.1, 0.5))  # masks of this one that are still on the way are not the next one's
    finally:
        robot.close()
    return taken


def _table(arguments: argparse.Namespace, seconds: list[float]) -> str:
    came = [one for one in seconds if one <= PATIENCE]
    p50, p95 = np.percentile(came, (50, 95)) if came else (float("nan"),) * 2
    transport = Path(profile(os.environ)).name or f"{TRANSPORTS}={os.environ[TRANSPORTS]}"
    rows = [
        ("nodes started beside the camera, and killed", len(seconds)),
        ("seconds to the first mask, p50", f"{p50:.1f}"),
        ("p95", f"{p95:.1f}"),
        ("most", f"{max(came, default=float('nan')):.1f}"),
        (f"later than {arguments.within:g} s", sum(one > arguments.within for one in seconds)),
        (f"of these, no mask within {PATIENCE:g} s", len(seconds) - len(came)),
    ]
    lines = [
        f"# Killed and started again: {arguments.camera} camera, {arguments.size}, {transport}, seed {arguments.seed}",
        "",
        "| what | |",
        "| --- | ---: |",
        *(f"| {name} | {value} |" for name, value in rows),
        "",
        ", ".join(f"{name} {value}" for name, value in machine().items()) + ".",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
