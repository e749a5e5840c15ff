# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Writing of videos."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from bgflow_ros.segmentation.files import for_opencv
from bgflow_ros.segmentation.letterbox import letterbox

__all__ = ["VideoWriter"]


LARGEST_SIDE = 8190
"""Greatest width and height of MPEG-4 in pixels."""
LONGEST_PAUSE = 60.0
"""Longest time in seconds for which a frame is shown, so that a wrong time cannot fill the disk."""


class VideoWriter:
    """Writes an MP4 file, which appears under its name once it is complete; its size is that of the first frame.

    Frames that are larger than MPEG-4 allows are scaled down. Use it as a context manager; an exception keeps the
    frames that were written before.

    Args:
        path: file to write.
        rate: frame rate in Hz.
    """

    def __init__(self, path: Path, rate: float) -> None:
        self.path, self.rate = path, rate
        self.remark = ""
        """Note for users about the video, set with the first frame; empty where there is none."""
        self._temporary = path.with_name(f".{path.stem}.{os.getpid()}.tmp{path.suffix}")
        self._writer: cv2.VideoWriter | None = None
        self._size = (0, 0)
        self._written, self._paused = 0, 0.0
        self._last: npt.NDArray[Any] | None = None

    def write(self, rgb: npt.NDArray[np.uint8], second: float | None = None) -> None:
        """Append a frame; a frame of another size is letterboxed.

        Args:
            rgb: H x W x 3, uint8, RGB.
            second: time of display in seconds since the first frame; the frame before is repeated until then, for at
                most a minute. None shows it right after the frame before.

        Raises:
            OSError: the video cannot be written.
        """
        height, width = rgb.shape[:2]
        if self._writer is None:
            self._writer = self._open(width, height)
        if (width, height) != self._size:
            canvas = np.empty((self._size[1], self._size[0], 3), np.uint8)
            letterbox(rgb, canvas)
            rgb = canvas
        if second is not None and self._last is not None:
            self._paused = max(self._paused, second - self._written / self.rate - LONGEST_PAUSE)
            while self._written < round((second - self._paused) * self.rate):
                self._append(self._last)
        self._last = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)
        self._append(self._last)

    def _open(self, width: int, height: int) -> cv2.VideoWriter:
        scale = min(1.0, LARGEST_SIDE / max(width, height))
        # MPEG-4 shares chroma between two pixels, and OpenCV drops an odd row or column.
        side = [max(2, round(scale * side) // 2 * 2) for side in (width, height)]
        self._size = (side[0], side[1])
        if scale < 1:
            self.remark = (
                f"{self.path.name} is scaled down to {side[0]}x{side[1]}: MPEG-4 has {LARGEST_SIDE} pixels a side"
            )
        self.path.parent.mkdir(parents=True, exist_ok=True)
        name = for_opencv(self._temporary)
        self._temporary.touch()  # unlike OpenCV, this raises an error that says why nothing can be written
        writer = cv2.VideoWriter(name, cv2.VideoWriter.fourcc(*"mp4v"), self.rate, self._size)
        if not writer.isOpened():
            self._temporary.unlink()
            raise OSError(f"OpenCV cannot write a video of {self._size[0]}x{self._size[1]}")
        return writer

    def _append(self, bgr: npt.NDArray[Any]) -> None:
        assert self._writer is not None
        self._writer.write(bgr)
        self._written += 1

    def __enter__(self) -> VideoWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._writer is None:
            return
        self._writer.release()
        # OpenCV does not report a full disk, but then the index at the end is missing.
        written = cv2.VideoCapture(for_opencv(self._temporary))
        # An interrupt may come between the writing of a frame and its counting.
        whole = int(written.get(cv2.CAP_PROP_FRAME_COUNT)) in (self._written, self._written + 1)
        written.release()
        if whole:
            self._temporary.replace(self.path)
            return
        self._temporary.unlink()
        if error is None:
            raise OSError(f"{self.path.name} is incomplete; is the disk full?")
