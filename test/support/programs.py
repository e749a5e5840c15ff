# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Programs of Python as processes of their own, mostly forks of one that has done the imports (`zygote.py`)."""

from __future__ import annotations

import atexit
import ctypes
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path

__all__ = ["Forked", "start"]


class Zygote:
    """The process that forks."""

    def __init__(self) -> None:
        self.ended: dict[int, int] = {}
        """Exit status of each fork that has ended, as Popen has it."""
        command = [sys.executable, str(Path(__file__).with_name("zygote.py"))]
        one_thread = os.environ | {"OMP_NUM_THREADS": "1"}  # a fork would lack any other
        self._server = subprocess.Popen(
            command, env=one_thread, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
        )
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._requests, self._answers = self._server.stdin, self._server.stdout
        self._unread = b""
        atexit.register(self.close)

    def close(self) -> None:
        self._requests.close()
        self._answers.close()
        self._server.wait()

    def start(self, **wanted: object) -> int:
        """Start a fork; return its process number."""
        self._requests.write(json.dumps(wanted).encode() + b"\n")
        while True:
            for told in self._told(None):
                if "started" in told:
                    return told["started"]

    def hear(self, seconds: float) -> None:
        """Wait for news of forks that have ended."""
        self._told(seconds)

    def _told(self, seconds: float | None) -> list[dict[str, int]]:
        if not select.select([self._answers], [], [], seconds)[0]:
            return []
        data = os.read(self._answers.fileno(), 1 << 16)
        if not data:
            raise RuntimeError("the process that forks has ended")
        *lines, self._unread = (self._unread + data).split(b"\n")
        told = [json.loads(line) for line in lines]
        self.ended |= {one["ended"]: one["status"] for one in told if "ended" in one}
        return told


zygote = cache(Zygote)
"""The process that forks for this one, started with the first fork."""


class Forked:
    """Process that was forked; what Popen offers of it."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def poll(self) -> int | None:
        zygote().hear(0)
        return zygote().ended.get(self.pid)

    def wait(self, timeout: float) -> int:
        deadline = time.monotonic() + timeout
        while (status := self.poll()) is None:
            left = deadline - time.monotonic()
            if left <= 0:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout)
            zygote().hear(left)
        return status

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def start(
    program: Sequence[str], environment: dict[str, str], log: Path, afresh: bool = False
) -> Forked | subprocess.Popen[bytes]:
    """Start a program.

    Args:
        program: arguments of Python.
        environment: all of its environment.
        log: file to which its output is appended.
        afresh: start Python, which takes a second of processor time; otherwise fork a process with the imports done.
    """
    # Coverage begins with Python's start, and would have to be told of a fork.
    if afresh or "COVERAGE_PROCESS_CONFIG" in environment:
        with log.open("ab") as output:
            return subprocess.Popen(
                [sys.executable, *program],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                preexec_fn=_prepare,  # noqa: PLW1509
            )
    return Forked(
        zygote().start(program=list(program), environment=environment, folder=os.getcwd(), log=str(log))  # noqa: PTH109
    )


def _prepare() -> None:
    """Prepare a child process before it becomes the program."""
    # Otherwise a test run that is killed leaves nodes behind, which disturb the next run on their domain.
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG (linux/prctl.h)
    # Processes that a shell starts in the background ignore interrupts, and so do their children.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
