# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Overlay videos."""

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
"""Pixels that MPEG-4 can have in a row or column."""
LONGEST_PAUSE = 60.0
"""Seconds for which a frame is shown at most, so that a wrong time does not fill the disk."""


class VideoWriter:
    """An MP4 that appears under its name once it is closed and whole; its size is that of the first frame.

    Frames larger than MPEG-4 allows are scaled down. Used as a context manager; leaving it by an exception keeps what
    was written until then.

    Args:
        path: of the video.
        rate: frames a second.
    """

    def __init__(self, path: Path, rate: float) -> None:
        self.path, self.rate = path, rate
        self.remark = ""
        """What a user should know about the video, known with its first frame."""
        self._temporary = path.with_name(f".{path.stem}.{os.getpid()}.tmp{path.suffix}")
        self._writer: cv2.VideoWriter | None = None
        self._size = (0, 0)
        self._written, self._paused = 0, 0.0
        self._last: npt.NDArray[Any] | None = None

    def write(self, rgb: npt.NDArray[np.uint8], second: float | None = None) -> None:
        """Append a frame; one of another size is letterboxed.

        Args:
            rgb: H x W x 3.
            second: when it is shown, from the first frame on; the frame before is repeated until then, for a minute
                at most. None: right after the frame before.

        Raises:
            OSError: no video can be written there.
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
        # MPEG-4 shares chroma between two pixels, and OpenCV leaves an odd row or column out.
        side = [max(2, round(scale * side) // 2 * 2) for side in (width, height)]
        self._size = (side[0], side[1])
        if scale < 1:
            self.remark = (
                f"{self.path.name} is scaled down to {side[0]}x{side[1]}: MPEG-4 has {LARGEST_SIDE} pixels a side"
            )
        self.path.parent.mkdir(parents=True, exist_ok=True)
        name = for_opencv(self._temporary)
        self._temporary.touch()  # its error says why nothing can be written there; OpenCV's does not
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
        # OpenCV does not say when the disk is full, but then the index at the end is missing.
        written = cv2.VideoCapture(for_opencv(self._temporary))
        whole = int(written.get(cv2.CAP_PROP_FRAME_COUNT)) == self._written
        written.release()
        if whole:
            self._temporary.replace(self.path)
            return
        self._temporary.unlink()
        if error is None:
            raise OSError(f"{self.path.name} came out incomplete; is the disk full?")
