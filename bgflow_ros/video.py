# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Overlay videos."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType

import cv2
import numpy as np
import numpy.typing as npt

from bgflow_ros.letterbox import letterbox

__all__ = ["VideoWriter"]


class VideoWriter:
    """An MP4 that appears under its name once it is closed; its size is that of the first frame.

    Used as a context manager; leaving it by an exception keeps what was written until then.
    """

    def __init__(self, path: Path, rate: float) -> None:
        self.path, self.rate = path, rate
        self._temporary = path.with_name(f".{path.stem}.{os.getpid()}.tmp{path.suffix}")
        self._writer: cv2.VideoWriter | None = None
        self._size = (0, 0)

    def write(self, rgb: npt.NDArray[np.uint8]) -> None:
        """Append a frame, H x W x 3; one of another size is letterboxed."""
        height, width = rgb.shape[:2]
        if self._writer is None:
            self._size = (width, height)
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._writer = cv2.VideoWriter(str(self._temporary), cv2.VideoWriter.fourcc(*"mp4v"), self.rate, self._size)
            if not self._writer.isOpened():
                raise OSError(f"{self.path}: OpenCV cannot write a video of {width}x{height} there")
        if (width, height) != self._size:
            canvas = np.empty((self._size[1], self._size[0], 3), np.uint8)
            letterbox(rgb, canvas)
            rgb = canvas
        self._writer.write(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))

    def __enter__(self) -> VideoWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._writer is not None:
            self._writer.release()
            self._temporary.replace(self.path)
