# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Child processes of the benchmark, which live and end together."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType, TracebackType

from bgflow_ros.node import fastdds
from bgflow_ros.tools.interrupts import hold_interrupts

__all__ = ["ACTIVE", "PUBLISHING", "RECEIVED", "TRANSPORTS", "BenchmarkError", "Children", "environment"]

ACTIVE, PUBLISHING, RECEIVED = "the node is active", "the camera publishes", "the first mask is here"
"""Lines that node, camera and receiver print when they are ready."""

PATIENCE = 5.0
"""Seconds that a process has to end by itself before it is killed."""
TAIL = 20
"""Number of last lines of a log that an error shows."""
TRANSPORTS = ("shared_memory", "default")
"""Transports of images: the packaged Fast DDS profile, unless the environment names another one, or the middleware's
own default."""


class BenchmarkError(Exception):
    """The node could not be measured; the message says why, with the end of a log where that helps."""


def environment(transport: str) -> dict[str, str]:
    """Make the environment of the children: a separate ROS domain on this machine only, and one of TRANSPORTS."""
    # Imported here because the command line imports TRANSPORTS from this module where there is no ROS.
    from bgflow_ros.node.compatibility import only_this_machine

    own = {
        **os.environ,
        **only_this_machine(),
        "ROS_DOMAIN_ID": str(51 + os.getpid() % 50),
        "RCUTILS_CONSOLE_OUTPUT_FORMAT": "[{severity}] {message}",
        "RCUTILS_COLORIZED_OUTPUT": "0",
    }
    # Set by the ROS wheels in this process; the children must set up their own library path.
    own.pop("_ROS_WHEELS_BOOTSTRAP_COMPLETE", None)
    if transport == "default":
        for name in fastdds.PROFILES:
            own.pop(name, None)
        own[fastdds.TRANSPORTS] = "DEFAULT"
    else:
        fastdds.choose_shared_memory(own)
    return own


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


class Children:
    """Context that starts processes and, when it is left for any reason, ends all of them, the last one first.

    Inside the context SIGTERM and SIGHUP act as Ctrl-C.

    Args:
        folder: folder for their logs.
        own: environment of the processes.
    """

    def __init__(self, folder: Path, own: Mapping[str, str]) -> None:
        self._folder, self._environment = folder, own
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._handlers: dict[int, object] = {}

    def __enter__(self) -> Children:
        self._handle((signal.SIGTERM, signal.SIGHUP), _interrupt)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        # The end itself must not be interrupted.
        self._handle((signal.SIGINT, signal.SIGTERM, signal.SIGHUP), signal.SIG_IGN)
        try:
            for name in reversed(self._processes):
                self.stop(name)
        finally:
            for number, handler in self._handlers.items():
                signal.signal(number, handler)  # type: ignore[arg-type]

    def _handle(self, numbers: Sequence[signal.Signals], handler: object) -> None:
        if threading.current_thread() is not threading.main_thread():
            return  # Python sets handlers in the main thread only
        for number in numbers:
            before = signal.signal(number, handler)  # type: ignore[arg-type]
            self._handlers.setdefault(number, before)

    def start(self, name: str, command: Sequence[str], processors: Sequence[int] | None = None) -> int:
        """Start a process under a name, on these processors or on all, and return its id."""
        with (self._folder / f"{name}.log").open("wb") as log, hold_interrupts():
            # In a new session: Ctrl-C reaches only this process, which ends the others in order.
            self._processes[name] = subprocess.Popen(
                command,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=None if processors is None else (lambda: os.sched_setaffinity(0, processors)),  # noqa: PLW1509
            )
        return self._processes[name].pid

    def stop(self, name: str) -> None:
        """Interrupt a process, and kill it if it does not end in time."""
        process = self._processes[name]
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def log(self, name: str) -> str:
        """Read everything that a process has printed."""
        return (self._folder / f"{name}.log").read_text(errors="replace")

    def check(self) -> None:
        """Check that all processes live.

        Raises:
            BenchmarkError: a process has ended.
        """
        for name, process in self._processes.items():
            if process.poll() is not None:
                raise BenchmarkError(f"the {name} exited with status {process.returncode}:\n{self._tail(name)}")

    def sleep(self, seconds: float) -> None:
        """Wait while all processes live.

        Raises:
            BenchmarkError: a process has ended.
        """
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self.check()
            time.sleep(min(left, 0.25))
        self.check()

    def wait_for(self, name: str, text: str, seconds: float) -> None:
        """Wait until a process has printed a text.

        Raises:
            BenchmarkError: the process logs an error, any process ends, or the time is over.
        """
        deadline = time.monotonic() + seconds
        while text not in (log := self.log(name)):
            for line in log.splitlines():
                if line.startswith(("[ERROR] ", "[FATAL] ")):
                    raise BenchmarkError(f"the {name} cannot start: {line.partition('] ')[2]}")
            self.check()
            if time.monotonic() > deadline:
                # Only the logs can tell which of them is to blame.
                tails = "\n".join(f"{each}: {self._tail(each)}" for each in self._processes)
                raise BenchmarkError(f"the {name} did not print {text!r} within {seconds:g} s\n{tails}")
            time.sleep(0.02)

    def _tail(self, name: str) -> str:
        return "\n".join(self.log(name).splitlines()[-TAIL:]) or "(it has printed nothing)"
