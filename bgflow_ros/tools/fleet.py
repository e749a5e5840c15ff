# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""`bgflow segment` on many bags at once with Ray, on this machine or on a cluster."""

from __future__ import annotations

import contextlib
import io
import logging
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["Outcome", "segment_all"]

RETRIES = 3
"""How often a bag is begun again whose worker has died."""


class Outcome(NamedTuple):
    """How the segmentation of one bag ended."""

    bag: Path
    status: int
    """Exit status of `bgflow segment`; 70 where its worker died again and again."""
    told: str
    """What it printed about faults."""


def segment_all(
    bags: Sequence[tuple[Path, Path]],
    options: Sequence[str],
    workers: int,
    address: str | None,
    advance: Callable[[Outcome], Any],
) -> list[Outcome]:
    """Segment bags, each by a process of its own with one thread.

    A bag is written under another name until it is complete, so a killed worker, or a killed run, leaves nothing half.

    Args:
        bags: Bags and the bags to write.
        options: Further options of `bgflow segment`.
        workers: Bags at once on this machine; 0 for one on each core.
        address: Address of a running Ray cluster that sees the same files under the same names; None for this machine.
        advance: Called with each outcome as it comes.

    Returns:
        Outcomes in the order in which bags were finished.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # Ray reports to its makers otherwise
    import ray

    where = {"address": address} if address else {"num_cpus": workers or None, "include_dashboard": False}
    outcomes = []
    ray.init(**where, log_to_driver=False, logging_level=logging.ERROR, configure_logging=False)
    try:
        task = ray.remote(num_cpus=1, max_retries=RETRIES)(_segment)
        slots = 2 * int(ray.cluster_resources().get("CPU", 1))
        waiting, running = list(reversed(bags)), dict[Any, Path]()
        while waiting or running:
            # Few are handed over at a time, so that a thousand bags take no more memory than ten.
            while waiting and len(running) < slots:
                bag, out = waiting.pop()
                running[task.remote(bag, out, list(options))] = bag
            [done], _ = ray.wait(list(running))
            bag = running.pop(done)
            try:
                outcome = Outcome(bag, *ray.get(done))
            except ray.exceptions.RayError as error:
                outcome = Outcome(bag, 70, f"its worker died: {str(error).splitlines()[0]}")
            outcomes.append(outcome)
            advance(outcome)
    finally:
        ray.shutdown()
    return outcomes


def _segment(bag: Path, out: Path, options: list[str]) -> tuple[int, str]:
    """Segment one bag in the process of a worker; return the exit status and what was told."""
    from bgflow_ros.tools.cli.main import main

    told = io.StringIO()
    with contextlib.redirect_stderr(told), contextlib.redirect_stdout(io.StringIO()):
        try:
            status = main(["segment", str(bag), "--out", str(out), "--threads", "1", *options])
        except SystemExit as error:  # options that argparse refuses
            status = int(error.code or 0)
    lines = [line for part in told.getvalue().splitlines() for line in [part.rpartition("\r")[2]]]
    return status, "\n".join(line for line in lines if line.startswith("bgflow") and "|" not in line)
