# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Systems in turn, round after round, so that whatever else the machine does hits all of them alike."""

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
"""Of a system's turn: a slow one does fewer pictures in it, but one at least."""


@dataclass
class Measured:
    """What one system took."""

    load_seconds: float
    peak_bytes: int = 0
    rounds: list[list[Timing]] = field(default_factory=list)

    def milliseconds(self, what: str) -> npt.NDArray[np.float64]:
        """`wall`, `network` or `cpu` of every picture of all rounds."""
        return np.array([1000 * getattr(timing, what) for round in self.rounds for timing in round])

    def medians(self) -> npt.NDArray[np.float64]:
        """Wall milliseconds, the median of each round."""
        return np.array([1000 * np.median([timing.wall for timing in round]) for round in self.rounds])


def ratio(measured: Measured, reference: Measured) -> tuple[float, float, float]:
    """How many times the reference's wall time, compared round by round: median, lowest, highest."""
    ratios = measured.medians() / reference.medians()
    return float(np.median(ratios)), float(ratios.min()), float(ratios.max())


def measure(
    jobs: Mapping[str, Job], rounds: int, frames: int, seed: int, label: str = "measure"
) -> tuple[dict[str, Measured], dict[str, str]]:
    """Time systems side by side.

    All are loaded before the first round. In each round every one has its turn, in an order drawn anew; the others
    sleep meanwhile.

    Args:
        jobs: what to load, by name.
        rounds: turns that each has.
        frames: pictures of a turn.
        seed: of the orders.
        label: what the progress bar says.

    Returns:
        What was measured, and why what is missing is.
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
    """Do the first picture, and then no more than the turn has time for."""
    worker.begin(first, 1)
    timings = worker.end()
    # As many more as fit, as far as the first can tell.
    fitting = int(ROUND_SECONDS / max(timings[0].wall, 1e-9))
    if (number := min(frames, fitting) - 1) > 0:
        worker.begin(first + 1, number, warm_up=False)
        timings += worker.end()
    return timings
