# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Process that slows another down to a share of its time: python -m bgflow_ros.tools.node_benchmark.limiter PID SHARE.

It stops and continues the process many times a second, as a control group with a quota would, but without privileges.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import dataclass

from bgflow_ros.tools.interrupts import note_interrupts

__all__ = ["Limit", "limit"]

PERIOD = 0.01
"""Seconds from one stop to the next; a slower processor does not work in longer spells than a frame takes."""


@dataclass(frozen=True)
class Limit:
    """Part of the machine that a process may use."""

    cores: int
    """Number of processors, the first ones of those allowed."""
    share: float = 1.0
    """Share of the time, 0 to 1, in which it runs on them."""

    @classmethod
    def parse(cls, text: str) -> Limit:
        """Read `CORES` or `CORES:SHARE`.

        Raises:
            ValueError: The text is neither, or the machine has fewer cores.
        """
        cores, _, share = text.partition(":")
        try:
            found = cls(int(cores), float(share or 1))
        except ValueError:
            found = cls(0)
        allowed = len(os.sched_getaffinity(0))
        if not 1 <= found.cores <= allowed or not 0 < found.share <= 1:
            raise ValueError(f"{text!r}; expected CORES or CORES:SHARE with 1 to {allowed} cores and a share up to 1")
        return found

    def processors(self) -> list[int]:
        """Return the numbers of the processors."""
        return sorted(os.sched_getaffinity(0))[: self.cores]

    def __str__(self) -> str:
        cores = f"{self.cores} core" + "s" * (self.cores > 1)
        return cores if self.share == 1 else f"{cores} for {100 * self.share:g} % of the time"


def limit(pid: int, share: float) -> None:
    """Let a process run for a share of each period, until it has ended or this process is interrupted."""
    stopped = note_interrupts()
    try:
        while not stopped.is_set():
            begin = time.monotonic()
            os.kill(pid, signal.SIGCONT)
            time.sleep(share * PERIOD)
            os.kill(pid, signal.SIGSTOP)
            # What it has really run counts, because a busy machine wakes this process late.
            time.sleep((time.monotonic() - begin) * (1 / share - 1))
        os.kill(pid, signal.SIGCONT)
    except ProcessLookupError:  # it has ended
        pass


if __name__ == "__main__":
    limit(int(sys.argv[1]), float(sys.argv[2]))
