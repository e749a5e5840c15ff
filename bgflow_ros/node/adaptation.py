# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""A call of `~/adapt`: images of the camera are recorded, and the model that is adapted to them takes over.

    recording -> `bgflow adapt` in a process of low priority -> model loaded beside the one in use -> taken

Meanwhile the node goes on with the model that it has; it keeps it if anything fails.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future as Result
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import entry_points
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt
from rclpy.executors import Executor
from rclpy.task import Future
from std_srvs.srv import Trigger

from bgflow_ros.segmentation.encoding import encode_file
from bgflow_ros.segmentation.files import write_atomically

__all__ = ["ADAPT", "NEVER", "Adaptation", "Loaded", "Request", "missing_command"]

NEVER = "never"
ADAPT = (NEVER, "drive", "empty")
"""Values of the parameter: refused, from any drive, from one on which everything is background."""
IMAGES = 100
"""Number of images that are recorded; `bgflow adapt` needs fifty."""
PATIENCE = 10.0
"""Seconds without an image after which the recording is given up."""
LOWER = 10
"""Niceness of the process, so that masks come first."""
VERB = f"import os, sys; os.nice({LOWER}); from bgflow_ros.tools.cli.main import main; sys.exit(main())"

Loaded = TypeVar("Loaded")


class Request:
    """What a call asks for.

    Args:
        folder: Folder to write to; the images and the model are two folders in it.
        model: Model to adapt, a folder or a packaged model's name.
        empty: True if everything in the images is background.
        seconds: Time for which images are recorded.
        largest: Size of the largest graph that is loaded, in MiB.
    """

    def __init__(self, folder: Path, model: str, empty: bool, seconds: float, largest: int) -> None:
        name = time.strftime("adapted_%Y%m%d_%H%M%S")
        self.images, self.out = folder / f"{name}_images", folder / name
        self.seconds = seconds
        arguments = ["adapt", self.images, "--model", model, "--out", self.out, "--max-graph-mb", largest]
        arguments += ["--empty"] if empty else []
        self.command = [sys.executable, "-c", VERB, *map(str, arguments)]


def missing_command() -> str:
    """Say what is missing where `bgflow adapt` is not installed; empty where it is."""
    if entry_points(group="bgflow.verbs", name="adapt"):
        return ""
    return "bgflow adapt is not installed: pip install 'bgflow[adapt]', or adapt from a bag on another machine"


class Adaptation(Generic[Loaded]):
    """One call of the service, which is answered when the model is in use, or with the reason why it is not.

    Args:
        request: What the call asks for.
        load: Loads a model folder; runs in a thread of its own.
        take: Lets the node use what was loaded; runs in the executor.
        executor: Executor that waits for the answer.
    """

    def __init__(
        self,
        request: Request,
        load: Callable[[Path], Loaded],
        take: Callable[[Loaded], object],
        executor: Executor | None,
    ) -> None:
        self.answer: Future[Trigger.Response] = Future(executor=executor)
        self._request, self._load, self._take = request, load, take
        self._pool = ThreadPoolExecutor(1, "adaptation")
        self._begin = self._last = time.monotonic()
        self._recorded: list[Result[None]] = []
        self._process: subprocess.Popen[str] | None = None
        self._adapted: Result[tuple[Loaded, str]] | None = None
        self._over = False
        self._lock = threading.Lock()
        """Guards the recording, which the inference thread fills and the executor ends."""

    @property
    def records(self) -> bool:
        """True while images are wanted."""
        return self._adapted is None and not self._over

    def progress(self) -> str:
        """Describe the state for the diagnostics."""
        if not self.records:
            return "adapting the model"
        seconds = self._request.seconds
        return f"recording, {min(time.monotonic() - self._begin, seconds):.0f} of {seconds:g} s"

    def offer(self, rgb: npt.NDArray[np.uint8]) -> None:
        """Record an image, H x W x 3, if it is time for one; called by the inference thread."""
        with self._lock:
            self._last = now = time.monotonic()
            if self.records and now - self._begin >= len(self._recorded) * self._request.seconds / IMAGES:
                path = self._request.images / f"{len(self._recorded):04d}.png"
                self._recorded.append(self._pool.submit(_write, path, rgb.copy()))

    def step(self) -> bool:
        """Go on where something is due; return True once the call is answered. Called by the executor."""
        now = time.monotonic()
        if self.records:
            if now - self._begin >= self._request.seconds:
                with self._lock:
                    self._adapted = self._pool.submit(self._adapt)
            elif now - self._last > PATIENCE:
                self.stop(f"no image for {PATIENCE:g} s after {len(self._recorded)}; nothing was adapted")
        elif self._adapted is not None and self._adapted.done():
            try:
                loaded, told = self._adapted.result()
                self._take(loaded)
                self._answer(True, told)
            except Exception as error:  # whatever a disk, a library or the command raised, the caller gets an answer
                self.stop(f"the model stays as it was: {error}")
        return self.answer.done()

    def stop(self, reason: str) -> None:
        """Give up and answer with the reason."""
        if self._process is not None:
            self._process.kill()
        self._answer(False, reason)

    def _answer(self, success: bool, message: str) -> None:
        with self._lock:
            self._over = True
        self._pool.shutdown(wait=False, cancel_futures=True)
        if not self.answer.done():
            self.answer.set_result(Trigger.Response(success=success, message=message))

    def _adapt(self) -> tuple[Loaded, str]:
        """Adapt and load, in the thread."""
        for written in self._recorded:
            written.result()
        self._process = subprocess.Popen(
            self._request.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C is the node's to handle
        )
        told, refused = self._process.communicate()
        if self._process.returncode:
            raise RuntimeError(_last_line(refused) or f"bgflow adapt ended with {self._process.returncode}")
        return self._load(self._request.out), _last_line(told)


def _write(path: Path, rgb: npt.NDArray[np.uint8]) -> None:
    write_atomically(path, encode_file(rgb, ".png"))


def _last_line(text: str) -> str:
    lines = [line.rpartition("\r")[2].strip() for line in text.splitlines()]
    return next((line for line in reversed(lines) if line), "")
