# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Measurement of systems in turns, so that other load of the machine affects all of them alike."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from bgflow_train.studies.speed.worker import Job, Timing, Worker, WorkerError, started

__all__ = ["Measured", "measure", "ratio"]

ROUND_SECONDS = 5.0
"""Largest duration of a turn; a slow system processes fewer images in it, but at least one."""


@dataclass
class Measured:
    """Times and memory of one system."""

    load_seconds: float
    peak_bytes: int = 0
    rounds: list[list[Timing]] = field(default_factory=list)

    def milliseconds(self, what: str) -> npt.NDArray[np.float64]:
        """Return `wall`, `network` or `cpu` of every image of all rounds."""
        return np.array([1000 * getattr(timing, what) for round in self.rounds for timing in round])

    def medians(self) -> npt.NDArray[np.float64]:
        """Return the median wall time of each round, in milliseconds."""
        return np.array([1000 * np.median([timing.wall for timing in round]) for round in self.rounds])


def ratio(measured: Measured, reference: Measured) -> tuple[float, float, float]:
    """Compute the ratio of wall times to those of a reference, round by round: median, lowest, highest."""
    ratios = measured.medians() / reference.medians()
    return float(np.median(ratios)), float(ratios.min()), float(ratios.max())


def measure(
    jobs: Mapping[str, Job], rounds: int, frames: int, seed: int, label: str = "measure"
) -> tuple[dict[str, Measured], dict[str, str]]:
    """Measure systems side by side.

    All are loaded before the first round. In each round every system has a turn, in random order, while the others
    sleep.

    Args:
        jobs: systems to load, by name.
        rounds: number of turns of each system.
        frames: largest number of images in a turn.
        seed: seed of the orders.
        label: label of the progress bar.

    Returns:
        Measured systems by name, and messages of failed ones by name.
    """
    rng = random.Random(seed)
    measured: dict[str, Measured] = {}
    failed: dict[str, str] = {}
    with contextlib.ExitStack() as stack:
        workers: dict[str, Worker] = {}
        for name, job in tqdm(jobs.items(), f"{label}: load", leave=False, unit="process"):
            try:
                workers[name] = stack.enter_context(started(Worker(job)))
                measured[name] = Measured(workers[name].load_seconds)
            except WorkerError as error:
                failed[name] = str(error)
        with tqdm(total=rounds * len(workers), desc=label, unit="turn") as bar:
            for round in range(rounds):
                for name in rng.sample(list(workers), len(workers)):
                    bar.set_postfix_str(name)
                    try:
                        measured[name].rounds.append(_turn(workers[name], round * frames, frames))
                    except WorkerError as error:
                        failed[name] = str(error)
                        del workers[name], measured[name]
                    bar.update()
        for name, worker in workers.items():
            measured[name].peak_bytes = worker.peak()
    return measured, failed


def _turn(worker: Worker, first: int, frames: int) -> list[Timing]:
    """Process the first image, and then as many as the turn has time for."""
    worker.begin(first, 1)
    timings = worker.end()
    # The first image tells how many more fit.
    fitting = int(ROUND_SECONDS / max(timings[0].wall, 1e-9))
    if (number := min(frames, fitting) - 1) > 0:
        worker.begin(first + 1, number, warm_up=False)
        timings += worker.end()
    return timings
