# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Worker processes, one for each system, which load the system and then process images on request."""

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
from bgflow_train.studies.speed import images
from bgflow_train.studies.speed.callers import Call

__all__ = ["Job", "Timing", "Worker", "WorkerError", "apart", "started"]

SPAWN = multiprocessing.get_context("spawn")
"""Start method; forked processes would share the parent's memory and count it as their own."""


class WorkerError(Exception):
    """A worker process failed; the message is that of its exception."""


@dataclass(frozen=True)
class Job:
    """System and settings that a worker process loads."""

    call: Call
    folder: Path
    images: Path
    """File of `images.save`."""
    device: str
    threads: int


class Timing(NamedTuple):
    """Times of one image, in seconds."""

    wall: float
    network: float
    cpu: float
    """Processor time of all threads of the process."""


class Worker:
    """Process that has loaded a system, and sleeps until it gets a request.

    Args:
        job: system and settings to load.

    Raises:
        WorkerError: the system could not be loaded; the message says why.
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
        """Start to process images, cycling through those of the job; `end` returns their times.

        Args:
            first: index of the first image.
            number: number of images.
            warm_up: process one more image before, whose time is not kept, because other processes have used the
                caches meanwhile.
        """
        self._send((first, number, warm_up))

    def end(self) -> list[Timing]:
        """Wait for the images of `begin`, and return their times."""
        return [Timing(*timing) for timing in self._receive()]

    def peak(self) -> int:
        """Return the peak memory of loading and running in bytes, without libraries and images."""
        self._send(None)
        return int(self._receive())

    def close(self) -> None:
        """End the process."""
        self._pipe.close()
        self._process.join(5)
        if self._process.is_alive():  # still busy with an image
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
    """Close a worker when the context is left."""
    try:
        yield worker
    finally:
        worker.close()


def apart(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function in a separate process, which returns all its memory.

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
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # handled by the parent
    try:
        pipe.send(function(*arguments))
    except Exception as error:  # packages raise anything; the other systems go on
        pipe.send(_told(error))


def _serve(pipe: Connection, job: Job) -> None:
    """Load a system, then answer requests until the parent closes the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # handled by the parent
    os.environ["OMP_NUM_THREADS"] = str(job.threads)  # read by the libraries of the search
    cv2.setNumThreads(job.threads)
    try:
        job.call.imports()
        frames = images.load(job.images)
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
                    image = frames[index % len(frames)]
                    wall, cpu = time.perf_counter(), time.process_time()
                    caller(image)
                    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
                    timings.append((wall, caller.network.seconds, cpu))
                pipe.send(timings[warm_up:])
    except Exception as error:
        with contextlib.suppress(OSError):
            pipe.send(_told(error))


def _told(error: Exception) -> WorkerError:
    """Convert an exception to one that any process can read, with the first line of its message."""
    lines = str(error).strip().splitlines() or [""]
    return WorkerError(f"{type(error).__name__}: {lines[0]}")


def _peak() -> int:
    """Return the peak resident memory of this process in bytes."""
    return round(1e6 * memory(os.getpid()).peak)
