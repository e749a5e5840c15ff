# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Image files, folders, videos, bags and cameras, all as sources of frames."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import cv2
import numpy as np
import numpy.typing as npt

from bgflow_ros.files import expand
from bgflow_ros.image_files import looks_like_image, read_image
from bgflow_ros.images import ImageError, decode, decode_compressed

__all__ = ["Bag", "Camera", "Frame", "LeftOut", "MediaError", "Picture", "Source", "Video", "sources"]

INDEXED = {".3gp", ".avi", ".m4v", ".mov", ".mp4"}
"""Videos with an index, which says how many frames there are; in all others that number is an estimate."""
VIDEOS = INDEXED | {".flv", ".m2ts", ".mkv", ".mpeg", ".mpg", ".mts", ".ogv", ".webm", ".wmv"}
BAGS = {".bag", ".db3", ".mcap"}
FASTEST = 240.0
"""Frames a second; containers without a constant rate claim more."""


class MediaError(Exception):
    """A source that cannot be read, or ends before its time; the message names it and says why."""


class Frame(NamedTuple):
    """One image of a source."""

    name: str
    """Unique within the source, usable as a file name, below its folder where the source's name has one."""
    rgb: npt.NDArray[np.uint8]
    """H x W x 3."""
    second: float | None = None
    """When it is shown, seconds from the first frame on; None: as the source's rate says."""


class Source(Protocol):
    """Something that frames come from. Opening and reading raise MediaError."""

    name: str
    """Usable as a file name; with the folder that it lies in where that was reached from another one."""
    moves: bool
    """Whether it is a sequence; a single image is not."""
    rate: float
    """Frames a second, known with the first frame; of those without a constant rate, an estimate."""
    count: int
    """Frames to expect, an estimate, known with the first frame; 0 where nobody can tell."""

    def frames(self) -> Iterator[Frame]:
        """Read the frames in order."""
        ...


class LeftOut:
    """What lies in a folder and cannot be used, although a user would expect it: its frames are a MediaError."""

    moves = False
    rate = 0.0
    count = 0

    def __init__(self, path: Path, why: str) -> None:
        self.name, self.why = path.name, f"{path}: {why}"

    def frames(self) -> Iterator[Frame]:
        """Say why there are none."""
        raise MediaError(self.why)


class Picture:
    """An image file."""

    moves = False
    rate = 0.0
    count = 1

    def __init__(self, path: Path) -> None:
        self.path, self.name = path, path.stem

    def frames(self) -> Iterator[Frame]:
        """Read the image."""
        try:
            yield Frame(self.name, read_image(self.path))
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
        number, second = 0, 0.0
        # An absolute path, because FFmpeg takes what stands before a colon for a protocol.
        for frame in self._read(cv2.VideoCapture(str(self.path.absolute())), str(self.path)):
            number, second = number + 1, frame.second or 0.0
            yield frame
        end = f"{self.path}: ends after"
        if self.path.suffix.lower() in INDEXED:
            if number < 0.9 * self.count:  # indices may promise a frame or two that do not exist
                raise MediaError(f"{end} {number} of {self.count} frames")
        elif second + max(1.0, second / number) < 0.9 * self.count / self.rate:
            raise MediaError(f"{end} {second:.1f} of {self.count / self.rate:.1f} s, {number} frames")

    def _read(self, capture: cv2.VideoCapture, what: str) -> Iterator[Frame]:
        try:
            claimed = capture.get(cv2.CAP_PROP_FPS)
            self.rate = min(claimed, FASTEST) if claimed > 0 and math.isfinite(claimed) else Video.rate
            # A length in seconds, for a container without an index; a camera may say -1.
            frames = capture.get(cv2.CAP_PROP_FRAME_COUNT)
            self.count = max(0, round(frames * self.rate / claimed)) if claimed > FASTEST else max(0, int(frames))
            number, first, second = 0, 0.0, 0.0
            while (read := capture.read())[0]:
                shown = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
                if number == 0:
                    first = shown
                elif math.isfinite(shown) and shown - first > second:
                    second = shown - first
                else:  # a broken or missing time
                    second += 1 / self.rate
                rgb: npt.NDArray[np.uint8] = cv2.cvtColor(read[1], cv2.COLOR_BGR2RGB)  # type: ignore[assignment]
                yield Frame(f"{self.name}_{number:06d}", rgb, second)
                number += 1
            if number == 0:
                raise MediaError(f"{what}: no frame can be read from it")
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


def sources(
    paths: Iterable[str | Path], topic: str | None = None, recursive: bool = False, without: Path | None = None
) -> list[Source]:
    """Find the sources that paths name, none of them opened yet.

    A path is an image, a video, a bag (folder or file) or a folder whose images, videos and bags all count. What a
    folder holds beside them is passed over where nobody would take it for one of them: hidden files, and those that
    are neither named like an image nor begin like one. Images that OpenCV cannot read come as sources that raise
    MediaError when they are read, and so do folders within a folder unless `recursive`.

    Args:
        paths: to look at.
        topic: of the images in a bag; the bag's only one where None.
        recursive: whether folders within folders count as well; their sources' names begin with the folder's.
        without: folder that is passed over, for outputs.

    Raises:
        MediaError: a path does not exist or is nothing of these.
    """
    found: list[Source] = []
    for name in paths:
        try:
            path = expand(name)
            if path.is_dir() and not _is_bag(path):
                inside = list(_inside(path, "", topic, recursive, without.resolve() if without else None))
                if all(isinstance(source, LeftOut) for source in inside):
                    more = f", only {inside[0].name!r}" if inside else ""
                    raise MediaError(f"{path}: a folder without images, videos or bags{more}")
                found += inside
            elif source := _source(path, topic):
                found.append(source)
            elif not path.exists():
                raise MediaError(f"{path}: no such file or folder")
            else:
                raise MediaError(f"{path}: not an image that OpenCV reads, and no video, bag or folder")
        except OSError as error:
            raise MediaError(f"{name}: {error.strerror or error}") from error
    return found


def _inside(
    folder: Path, prefix: str, topic: str | None, recursive: bool, without: Path | None, above: tuple[Path, ...] = ()
) -> Iterator[Source]:
    """Find the sources in a folder; `above` are the folders that it was reached through."""
    above = (*above, folder.resolve())
    for child in sorted(folder.iterdir()):
        if child.name.startswith(".") or child.resolve() == without:
            continue
        if child.is_dir() and not _is_bag(child):
            if not recursive:
                yield LeftOut(child, "a folder, left out; give its path too, or --recursive")
            elif child.resolve() in above:
                yield LeftOut(child, "a link to a folder that it lies in")
            else:
                try:
                    yield from _inside(child, f"{prefix}{child.name}/", topic, recursive, without, above)
                except OSError as error:
                    yield LeftOut(child, error.strerror or str(error))
        elif source := _source(child, topic):
            source.name = prefix + source.name
            yield source


def _is_bag(path: Path) -> bool:
    try:
        files = [child for child in path.iterdir() if {".db3", ".mcap"} & set(child.suffixes)]
        return (path / "metadata.yaml").is_file() and bool(files)
    except OSError:  # no folder, or one that this user may not look into
        return False


def _source(path: Path, topic: str | None) -> Source | None:
    suffix = path.suffix.lower()
    if _is_bag(path) or (path.is_file() and suffix in BAGS):
        return Bag(path, topic)
    if path.is_file() and suffix in VIDEOS:
        return Video(path)
    if path.is_file() and looks_like_image(path):
        return Picture(path)
    return None
