# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures, folders, videos, bags and cameras, all as sources of frames."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import cv2
import numpy as np
import numpy.typing as npt

from bgflow_ros.images import ImageError, decode, decode_compressed

__all__ = ["Bag", "Camera", "Frame", "MediaError", "Picture", "Source", "Video", "sources"]

PICTURES = {".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}
VIDEOS = {".avi", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".webm"}
BAGS = {".bag", ".db3", ".mcap"}


class MediaError(Exception):
    """A source that cannot be read, or ends before its time; the message names it and says why."""


class Frame(NamedTuple):
    """One picture of a source."""

    name: str
    """Unique within the source, usable as a file name."""
    rgb: npt.NDArray[np.uint8]
    """H x W x 3."""


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


class Bag:
    """A ROS 2 bag (mcap or sqlite3) or ROS 1 bag; its frames are those of one image topic.

    Args:
        path: the bag's folder or file.
        topic: of Image or CompressedImage; the bag's only one of these where None.
    """

    TYPES = ("sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage")
    moves = True
    rate = 30.0
    count = 0

    def __init__(self, path: Path, topic: str | None = None) -> None:
        self.path, self.topic = path, topic
        self.name = path.name if path.is_dir() else path.stem

    @property
    def folder(self) -> Path:
        """What rosbags opens; a file of a bag's folder stands for it, as its metadata.yaml knows the other files."""
        beside = self.path.suffix != ".bag" and (self.path.parent / "metadata.yaml").exists()
        return self.path.parent if beside else self.path

    def frames(self) -> Iterator[Frame]:
        """Read the topic's messages in the order of the bag."""
        # Only bags need it, and a robot that segments its camera has none.
        try:
            from rosbags.highlevel import AnyReader
            from rosbags.typesys import Stores, get_typestore
        except ModuleNotFoundError as error:
            raise MediaError(f"{self.path}: bags need rosbags: pip install rosbags") from error

        reader = AnyReader([self.folder], default_typestore=get_typestore(Stores.LATEST))
        try:
            reader.open()
        except Exception as error:  # whatever a damaged file makes the storage raise
            raise MediaError(f"{self.path}: no readable bag ({error or type(error).__name__})") from error
        with contextlib.closing(reader):
            images = [connection for connection in reader.connections if connection.msgtype in self.TYPES]
            chosen = self._choose(images)
            self.count = sum(connection.msgcount for connection in chosen)
            seconds = reader.duration * 1e-9
            if self.count > 1 and seconds > 0:
                self.rate = self.count / seconds
            number = 0
            try:
                for connection, _, data in reader.messages(chosen):
                    message: Any = reader.deserialize(data, connection.msgtype)
                    compressed = connection.msgtype == self.TYPES[1]
                    rgb = decode_compressed(message.data) if compressed else decode(message)
                    yield Frame(f"{self.name}_{number:06d}", rgb)
                    number += 1
            except Exception as error:  # whatever a damaged bag makes the reader or the decoder raise
                raise MediaError(f"{self.path}: message {number} of {self.count}: {error}") from error
            _check_count(str(self.path), number, self.count)

    def _choose(self, images: list) -> list:  # type: ignore[type-arg]
        topics = sorted({connection.topic for connection in images})
        wanted = self.topic
        if wanted is None and len(topics) == 1:
            wanted = topics[0]
        if wanted not in topics:
            raise MediaError(
                f"{self.path}: "
                + (f"no images on topic {wanted}; " if wanted else "choose an image topic with --topic; ")
                + (f"it has images on {', '.join(topics)}" if topics else "it has no images at all")
            )
        return [connection for connection in images if connection.topic == wanted]


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
        if path.is_dir() and not _is_bag(path):
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


def _is_bag(path: Path) -> bool:
    if not path.is_dir():
        return False
    files = [child for child in path.iterdir() if {".db3", ".mcap"} & set(child.suffixes)]
    return (path / "metadata.yaml").is_file() and bool(files)


def _source(path: Path, topic: str | None) -> Source | None:
    suffix = path.suffix.lower()
    if _is_bag(path) or (path.is_file() and suffix in BAGS):
        return Bag(path, topic)
    if path.is_file() and suffix in PICTURES:
        return Picture(path)
    if path.is_file() and suffix in VIDEOS:
        return Video(path)
    return None
