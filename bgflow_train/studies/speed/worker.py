# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""A process of its own for each system: loads it, then waits on a pipe to be told which pictures to do."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

import cv2

from bgflow_ros.segmentation.usage import memory
from bgflow_train.studies.speed import pictures
from bgflow_train.studies.speed.callers import Call

__all__ = ["Job", "Timing", "Worker", "WorkerError", "apart", "started"]

SPAWN = multiprocessing.get_context("spawn")
"""Forked processes would share the parent's memory and count it as theirs."""


class WorkerError(Exception):
    """What went wrong in another process; the message is its."""


@dataclass(frozen=True)
class Job:
    """What a process loads."""

    call: Call
    folder: Path
    pictures: Path
    """As `pictures.save` has written them."""
    device: str
    threads: int


class Timing(NamedTuple):
    """One picture, seconds."""

    wall: float
    network: float
    cpu: float
    """Of all threads of the process."""


class Worker:
    """A process that has a system loaded, and sleeps until it is asked.

    Args:
        job: what to load.

    Raises:
        WorkerError: it could not be loaded; the message says why.
    """

    def __init__(self, job: Job) -> None:
        self._pipe, other = SPAWN.Pipe()
        self._process = SPAWN.Process(target=_serve, args=(other, job), daemon=True)
        self._process.start()
        other.close()
        try:
            self.load_seconds = float(self._receive())
        except WorkerError:
            self.close()
            raise

    def begin(self, first: int, number: int, warm_up: bool = True) -> None:
        """Start on so many pictures from the first on, round and round; `end` gives what they took.

        Args:
            first: number of the first picture.
            number: of pictures.
            warm_up: whether to do one more before, whose time is not kept: others have used the caches meanwhile.
        """
        self._send((first, number, warm_up))

    def end(self) -> list[Timing]:
        """Wait for the pictures that were begun."""
        return [Timing(*timing) for timing in self._receive()]

    def peak(self) -> int:
        """Bytes of memory that loading and running took at most, libraries and pictures not counted."""
        self._send(None)
        return int(self._receive())

    def close(self) -> None:
        """End the process."""
        self._pipe.close()
        self._process.join(5)
        if self._process.is_alive():  # in the middle of a long picture
            self._process.kill()
            self._process.join()
        self._process.close()

    def _send(self, request: tuple[int, int, bool] | None) -> None:
        try:
            self._pipe.send(request)
        except OSError:
            raise WorkerError(self._death()) from None

    def _receive(self) -> Any:
        try:
            answer = self._pipe.recv()
        except (EOFError, OSError):
            raise WorkerError(self._death()) from None
        if isinstance(answer, WorkerError):
            raise answer
        return answer

    def _death(self) -> str:
        self._process.join()
        return f"its process died with exit status {self._process.exitcode} (-9: killed, often for want of memory)"


@contextlib.contextmanager
def started(worker: Worker) -> Iterator[Worker]:
    """End the worker at last."""
    try:
        yield worker
    finally:
        worker.close()


def apart(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function in a process of its own, which gives all its memory back.

    Raises:
        WorkerError: the function raised; the message is the exception's.
    """
    pipe, other = SPAWN.Pipe(duplex=False)
    process = SPAWN.Process(target=_call, args=(other, function, arguments), daemon=True)
    process.start()
    other.close()
    try:
        answer = pipe.recv()
    except EOFError:
        process.join()
        answer = WorkerError(f"its process died with exit status {process.exitcode}")
    except KeyboardInterrupt:
        process.kill()
        raise
    finally:
        pipe.close()
        process.join()
        process.close()
    if isinstance(answer, WorkerError):
        raise answer
    return answer


def _call(pipe: Connection, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent's to handle
    try:
        pipe.send(function(*arguments))
    except Exception as error:  # whatever another's package raises: the other systems go on
        pipe.send(_told(error))


def _serve(pipe: Connection, job: Job) -> None:
    """Load, then answer until the parent closes the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent's to handle
    os.environ["OMP_NUM_THREADS"] = str(job.threads)  # read by what the search imports
    cv2.setNumThreads(job.threads)
    try:
        job.call.imports()
        frames = pictures.load(job.pictures)
        empty = _peak()
        begin = time.perf_counter()
        caller = job.call.open(job.folder, job.device, job.threads)
        pipe.send(time.perf_counter() - begin)
        with contextlib.suppress(EOFError):
            while True:
                request = pipe.recv()
                if request is None:
                    pipe.send(_peak() - empty)
                    continue
                first, number, warm_up = request
                timings = []
                for index in range(first - warm_up, first + number):
                    picture = frames[index % len(frames)]
                    wall, cpu = time.perf_counter(), time.process_time()
                    caller(picture)
                    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
                    timings.append((wall, caller.network.seconds, cpu))
                pipe.send(timings[warm_up:])
    except Exception as error:
        with contextlib.suppress(OSError):
            pipe.send(_told(error))


def _told(error: Exception) -> WorkerError:
    """An exception that any process can read; the first line of a long message is enough."""
    lines = str(error).strip().splitlines() or [""]
    return WorkerError(f"{type(error).__name__}: {lines[0]}")


def _peak() -> int:
    """Bytes that this process has had resident at most."""
    return round(1e6 * memory(os.getpid()).peak)
