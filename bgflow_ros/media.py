# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures, folders, videos, bags and cameras, all as sources of frames."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

import cv2

from bgflow_ros.frames import Frame, MediaError
from bgflow_ros.images import ImageError, decode_compressed
from bgflow_ros.rosbag.names import is_bag, is_bag_file
from bgflow_ros.rosbag.source import Bag

__all__ = ["Bag", "Camera", "Frame", "MediaError", "Picture", "Source", "Video", "sources"]

PICTURES = {".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}
VIDEOS = {".avi", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".webm"}
BAGS = {".bag", ".db3", ".db3.zstd", ".mcap", ".mcap.zstd"}


class Source(Protocol):
    """Something that frames come from. Opening and reading raise MediaError."""

    name: str
    """Usable as a file name."""
    moves: bool
    """Whether it is a sequence; a picture is not."""
    rate: float
    """Frames a second, known with the first frame."""
    count: int
    """Frames to expect, known with the first frame; 0 where nobody can tell."""

    def frames(self) -> Iterator[Frame]:
        """Read the frames in order."""
        ...


class Picture:
    """A picture file."""

    moves = False
    rate = 0.0
    count = 1

    def __init__(self, path: Path) -> None:
        self.path, self.name = path, path.stem

    def frames(self) -> Iterator[Frame]:
        """Read the picture."""
        try:
            yield Frame(self.name, decode_compressed(self.path.read_bytes()))
        except (ImageError, OSError) as error:
            raise MediaError(f"{self.path}: {error}") from error


class Video:
    """A video file."""

    moves = True
    rate = 30.0
    count = 0

    def __init__(self, path: Path) -> None:
        self.path, self.name = path, path.stem

    def frames(self) -> Iterator[Frame]:
        """Decode the video."""
        yield from self._read(cv2.VideoCapture(str(self.path)), str(self.path))

    def _read(self, capture: cv2.VideoCapture, what: str) -> Iterator[Frame]:
        try:
            self.rate = capture.get(cv2.CAP_PROP_FPS) or self.rate
            self.count = max(0, int(capture.get(cv2.CAP_PROP_FRAME_COUNT)))  # a camera may say -1
            number = 0
            while (read := capture.read())[0]:
                yield Frame(f"{self.name}_{number:06d}", cv2.cvtColor(read[1], cv2.COLOR_BGR2RGB))  # type: ignore[arg-type]
                number += 1
            _check_count(what, number, self.count)
        finally:
            capture.release()


class Camera(Video):
    """A camera by its number, as OpenCV counts them; it never ends by itself."""

    def __init__(self, number: int) -> None:
        self.number, self.name = number, f"camera{number}"

    def frames(self) -> Iterator[Frame]:
        """Grab frames as they come."""
        yield from self._read(cv2.VideoCapture(self.number), f"camera {self.number}")


def _check_count(what: str, read: int, expected: int) -> None:
    if read == 0:
        raise MediaError(f"{what}: no frame can be read from it")
    # Containers may promise a frame or two that do not exist; more missing means a damaged file.
    if read < 0.9 * expected:
        raise MediaError(f"{what}: ends after {read} of {expected} frames")


def sources(paths: Iterable[str | Path], topic: str | None = None) -> list[Source]:
    """Find the sources that paths name, none of them opened yet.

    A path is a picture, a video, a bag (folder or file) or a folder whose pictures, videos and bags all count.

    Raises:
        MediaError: a path does not exist or is nothing of these.
    """
    found: list[Source] = []
    for path in map(Path, paths):
        if path.is_dir() and not is_bag(path):
            inside = [source for child in sorted(path.iterdir()) if (source := _source(child, topic))]
            if not inside:
                raise MediaError(f"{path}: a folder without pictures, videos or bags")
            found += inside
        elif source := _source(path, topic):
            found.append(source)
        elif not path.exists():
            raise MediaError(f"{path}: no such file or folder")
        else:
            known = ", ".join(sorted(PICTURES | VIDEOS | BAGS))
            raise MediaError(f"{path}: not a picture, video or bag; expected a folder or one of {known}")
    return found


def _source(path: Path, topic: str | None) -> Source | None:
    suffix = path.suffix.lower()
    if is_bag(path) or is_bag_file(path) or (path.is_file() and suffix == ".bag"):
        return Bag(path, topic)
    if path.is_file() and suffix in PICTURES:
        return Picture(path)
    if path.is_file() and suffix in VIDEOS:
        return Video(path)
    return None
