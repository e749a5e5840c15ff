# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""A call of `~/adapt`: images of the camera are recorded, and the model that is adapted to them takes over.

    recording -> `bgflow adapt` in a process of low priority -> model loaded beside the one in use -> taken

Meanwhile the node goes on with the model that it has; it keeps it if anything fails.
"""

from __future__ import annotations

import importlib.util
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
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

__all__ = ["ADAPT", "IMAGES", "NEVER", "Adaptation", "Loaded", "Request", "missing_command"]

NEVER = "never"
ADAPT = (NEVER, "drive", "empty")
"""Values of the parameter: refused, from any drive, from one on which everything is background."""
IMAGES = 100
"""Greatest number of images that are recorded; `bgflow adapt` needs fifty."""
PATIENCE = 10.0
"""Seconds without an image after which the recording is given up."""
LOWER = 10
"""Niceness of the process, so that masks come first."""
VERB = (
    # Python would import from the node's working directory first.
    f"import os, sys; sys.path.pop(0); os.nice({LOWER}); from bgflow_ros.tools.cli.main import main; sys.exit(main())"
)
NEEDED = ("onnx", "sklearn")
"""Packages that `bgflow adapt` imports beside the node's."""

Loaded = TypeVar("Loaded")


class Request:
    """What a call asks for.

    Args:
        folder: Folder to write to; the images and the model are two folders in it.
        node: Fully qualified name of the node, by which the folders of several cameras differ.
        model: Model to adapt, a folder or a packaged model's name.
        empty: True if everything in the images is background.
        seconds: Time for which images are recorded.
        largest: Size of the largest graph that is loaded, in MiB.
    """

    def __init__(self, folder: Path, node: str, model: str, empty: bool, seconds: float, largest: int) -> None:
        name = f"{node.strip('/').replace('/', '_')}_{time.strftime('%Y%m%d_%H%M%S')}"
        self.images, self.out = folder / f"{name}_images", folder / name
        self.seconds = seconds
        arguments = ["adapt", self.images, "--model", model, "--out", self.out, "--max-graph-mb", largest]
        arguments += ["--empty"] if empty else []
        self.command = [sys.executable, "-c", VERB, *map(str, arguments)]


def missing_command() -> str:
    """Say what is missing where `bgflow adapt` cannot run; empty where it can."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if entry_points(group="bgflow.verbs", name="adapt") and not missing:
        return ""
    without = " and ".join(missing) or "bgflow from pip"
    return (
        f"bgflow adapt cannot run here, without {without}: in the checkout, pip install '.[adapt]'; or record a bag "
        "and adapt elsewhere"
    )


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
        self._begin = self._last = self._due = time.monotonic()
        # One waits while another is written; what comes sooner than they are written is left out.
        self._images: queue.Queue[npt.NDArray[np.uint8]] = queue.Queue(1)
        self._count = 0
        self._lock = threading.Lock()
        """Guards the process, which the thread starts and the executor kills."""
        self._over = False
        self._process: subprocess.Popen[str] | None = None
        self._outcome: tuple[Loaded, str] | Exception | None = None
        self._recording = True
        # It must not keep the node from ending, since a card's driver may load for minutes.
        threading.Thread(target=self._work, name="adaptation", daemon=True).start()

    @property
    def records(self) -> bool:
        """True while images are wanted."""
        return self._recording and not self._over

    def progress(self) -> str:
        """Describe the state for the diagnostics."""
        if not self.records:
            return "adapting the model"
        seconds = self._request.seconds
        return f"recording, {min(time.monotonic() - self._begin, seconds):.0f} of {seconds:g} s"

    def offer(self, rgb: npt.NDArray[np.uint8]) -> None:
        """Record an image, H x W x 3, if it is time for one; called by the inference thread."""
        self._last = now = time.monotonic()
        if self.records and now >= self._due and self._count < IMAGES and not self._images.full():
            self._due = max(self._due + self._request.seconds / IMAGES, now)
            self._count += 1
            self._images.put(rgb.copy())

    def step(self, why: Callable[[], str]) -> bool:
        """Go on where something is due; return True once the call is answered. Called by the executor.

        Args:
            why: Tells why no image comes, where that is known.
        """
        now = time.monotonic()
        if self.records:
            if now - self._begin >= self._request.seconds:
                self._recording = False
            elif now - self._last > PATIENCE:
                self.stop(f"no image for {PATIENCE:g} s after {self._count}; nothing was adapted; {why()}")
        elif isinstance(self._outcome, Exception):
            self.stop(f"the model stays as it was: {self._outcome}")
        elif self._outcome is not None:
            loaded, told = self._outcome
            try:
                self._take(loaded)
                self._answer(True, told)
            except Exception as error:
                self.stop(f"the model stays as it was: {error}")
        return self.answer.done()

    def stop(self, reason: str) -> None:
        """Give up and answer with the reason."""
        with self._lock:
            self._over = True
            if self._process is not None:
                self._process.kill()
        self._answer(False, reason)

    def _answer(self, success: bool, message: str) -> None:
        self._over = True
        if not self.answer.done():
            self.answer.set_result(Trigger.Response(success=success, message=message))

    # The thread

    def _work(self) -> None:
        try:
            self._write_images()
            if not self._over:
                told = self._adapt()
                if not self._over:
                    self._outcome = self._load(self._request.out), told
        except Exception as error:  # whatever a disk, a library or the command raised, the caller gets an answer
            self._outcome = error

    def _write_images(self) -> None:
        """Write images until the recording ends."""
        written = 0
        while self.records or not self._images.empty():
            try:
                rgb = self._images.get(timeout=0.1)
            except queue.Empty:
                continue
            path = self._request.images / f"{written:04d}.png"
            write_atomically(path, encode_file(rgb, ".png"))
            written += 1

    def _adapt(self) -> str:
        """Run the command and return the last line that it prints."""
        with self._lock:
            if self._over:
                return ""
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
        return _last_line(told)


def _last_line(text: str) -> str:
    lines = [line.rpartition("\r")[2].strip() for line in text.splitlines()]
    return next((line for line in reversed(lines) if line), "")
