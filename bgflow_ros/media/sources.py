# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Sources of frames: image files, folders, videos, bags and cameras."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

import cv2

from bgflow_ros.media.frames import Frame, MediaError
from bgflow_ros.media.image_files import NAMES, looks_like_image, read_image
from bgflow_ros.media.rosbag.names import FILE, ROS1, is_bag, is_bag_file
from bgflow_ros.media.rosbag.source import Bag
from bgflow_ros.segmentation.errors import ImageError
from bgflow_ros.segmentation.files import expand, for_opencv

__all__ = ["Bag", "Camera", "Frame", "ImageFile", "LeftOut", "MediaError", "Source", "Video", "sources"]

INDEXED = {".3gp", ".avi", ".m4v", ".mov", ".mp4"}
"""Suffixes of videos with an index, which states the number of frames; in all others that number is an estimate."""
VIDEOS = INDEXED | {
    ".264",
    ".asf",
    ".flv",
    ".h264",
    ".h265",
    ".hevc",
    ".m2ts",
    ".mjpeg",
    ".mjpg",
    ".mkv",
    ".mpeg",
    ".mpg",
    ".mts",
    ".ogv",
    ".ts",
    ".vob",
    ".webm",
    ".wmv",
    ".y4m",
}
FASTEST = 240.0
"""Highest plausible frame rate in Hz; containers without a constant rate state a higher one."""


class Source(Protocol):
    """Source of frames; opening and reading it may raise MediaError."""

    name: str
    """Name that is usable as a file name; it begins with the source's folder where that lies within the given one."""
    is_sequence: bool
    """True for sequences such as videos, False for single images."""
    rate: float
    """Frame rate in Hz, known from the first frame on; an estimate where the rate is not constant."""
    count: int
    """Estimated number of frames, known from the first frame on; 0 where it is unknown."""

    def frames(self) -> Iterator[Frame]:
        """Read the frames in order."""
        ...


class LeftOut:
    """File or folder that cannot be used although a user would expect it; reading it raises MediaError."""

    is_sequence = False
    rate = 0.0
    count = 0

    def __init__(self, path: Path, why: str) -> None:
        self.path, self.name, self.why = path, path.name, f"{path}: {why}"

    def frames(self) -> Iterator[Frame]:
        """Raise MediaError with the reason."""
        raise MediaError(self.why)


class ImageFile:
    """An image file."""

    is_sequence = False
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

    is_sequence = True
    rate = 30.0
    count = 0
    _begin = 0.0
    """Time of the first frame by the container's clock in seconds, where this OpenCV provides it."""

    def __init__(self, path: Path) -> None:
        self.path, self.name = path, path.stem

    def frames(self) -> Iterator[Frame]:
        """Decode the video."""
        number, second = 0, 0.0
        try:
            capture = cv2.VideoCapture(for_opencv(self.path))
        except OSError as error:
            raise MediaError(f"{self.path}: {error}") from error
        for frame in self._read(capture, str(self.path)):
            number, second = number + 1, frame.second or 0.0
            yield frame
        end = f"{self.path}: ends after"
        if self.path.suffix.lower() in INDEXED:
            if number < 0.9 * self.count:  # indices may promise a frame or two that do not exist
                raise MediaError(f"{end} {number} of {self.count} frames")
        elif self._begin + second + max(1.0, second / number) < 0.9 * self.count / self.rate:
            last = self._begin + second
            raise MediaError(f"{end} {last:.1f} of {self.count / self.rate:.1f} s, {number} frames")

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
                    began = capture.get(getattr(cv2, "CAP_PROP_PTS", -1))  # in frames; not in OpenCV 4.5
                    self._begin = max(0.0, began / claimed) if claimed > 0 else 0.0
                elif math.isfinite(shown) and shown - first > second:
                    second = shown - first
                else:  # a broken or missing time
                    second += 1 / self.rate
                rgb = cv2.cvtColor(read[1], cv2.COLOR_BGR2RGB)
                yield Frame(f"{self.name}_{number:06d}", rgb, second)  # type: ignore[arg-type]
                number += 1
            if number == 0:
                raise MediaError(f"{what}: no frame can be read from it")
        finally:
            capture.release()


class Camera(Video):
    """Camera by its number in OpenCV; its frames never end."""

    def __init__(self, number: int) -> None:
        self.number, self.name = number, f"camera{number}"

    def frames(self) -> Iterator[Frame]:
        """Grab frames as they arrive."""
        yield from self._read(cv2.VideoCapture(self.number), f"camera {self.number}")


def sources(
    paths: Iterable[str | Path], topic: str | None = None, recursive: bool = False, without: Path | None = None
) -> list[Source]:
    """Find the sources that paths name, without opening them.

    A path is an image, a video, a bag (folder or file) or a folder of images, videos and bags. Hidden files in a folder
    are ignored, and so are files that neither have an image's suffix nor begin like an image. Images that OpenCV cannot
    read become sources that raise MediaError when they are read, and so do folders within a folder unless `recursive`.

    Args:
        paths: files and folders.
        topic: image topic of a bag; None takes the only one.
        recursive: include folders within folders; the names of their sources begin with the name of the folder.
        without: folder that is ignored, such as the output folder.

    Raises:
        MediaError: a path does not exist or is none of these.
    """
    found: list[Source] = []
    for name in paths:
        try:
            path = expand(name)
            if path.is_dir() and not is_bag(path):
                inside = list(_inside(path, "", topic, recursive, without.resolve() if without else None))
                if all(isinstance(source, LeftOut) for source in inside):
                    raise MediaError("; ".join([f"{path}: a folder without images, videos or bags", *_whys(inside)]))
                found += inside
            elif source := _source(path, topic):
                found.append(source)
            elif not path.exists():
                raise MediaError(f"{path}: no such file or folder")
            else:
                raise MediaError(f"{path}: not an image that OpenCV reads, and no video, bag or folder")
        except OSError as error:
            raise MediaError(f"{name}: {error.strerror}" if error.strerror else str(error)) from error
    return found


def _whys(left_out: Iterable[Source]) -> Iterator[str]:
    """Give the reason for the first source that was left out, and the number of the others."""
    whys = [source.why for source in left_out if isinstance(source, LeftOut)]
    yield from whys[:1]
    if len(whys) > 1:
        yield f"and {len(whys) - 1} more"


def _inside(
    folder: Path, prefix: str, topic: str | None, recursive: bool, without: Path | None, above: tuple[Path, ...] = ()
) -> Iterator[Source]:
    """Find the sources in a folder; `above` are the folders through which it was reached."""
    above = (*above, folder.resolve())
    for child in sorted(folder.iterdir()):
        if child.name.startswith(".") or (child.is_dir() and child.resolve() == without):
            continue
        try:
            plain_folder = child.is_dir() and not is_bag(child)
        except OSError as error:  # a folder that this user may not look into
            yield LeftOut(child, error.strerror or str(error))
            continue
        if plain_folder:
            if not recursive:
                yield LeftOut(child, "a folder, left out without --recursive")
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
        elif not child.is_file() and (child.suffix.lower() in NAMES | VIDEOS or FILE.fullmatch(child.name)):
            yield LeftOut(child, "a broken link" if child.is_symlink() else "not a regular file")


def _source(path: Path, topic: str | None) -> Source | None:
    suffix = path.suffix.lower()
    if is_bag(path) or is_bag_file(path) or (path.is_file() and suffix == ROS1):
        return Bag(path, topic)
    if path.is_file() and suffix in VIDEOS:
        return Video(path)
    if path.is_file() and looks_like_image(path):
        return ImageFile(path)
    return None
