# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Static depth of a recording in the layout of TUM's RGB-D benchmark (Sturm et al. 2012): rgb.txt, depth.txt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from bgflow_ros.media.frames import Failures, MediaError
from bgflow_ros.media.image_files import read_image
from bgflow_ros.segmentation.depth import static_depth
from bgflow_ros.segmentation.encoding import encode_file
from bgflow_ros.segmentation.errors import ImageError
from bgflow_ros.segmentation.files import for_opencv, write_atomically
from bgflow_ros.segmentation.pairing import TOLERANCE
from bgflow_ros.segmentation.segmenter import Segmenter

__all__ = ["Recording", "read_recording", "write_static_depth"]

NEAR = TOLERANCE / 1e9
"""Largest difference in seconds between the stamps of an image and its depth, that of the node and of TUM."""


@dataclass(frozen=True)
class Recording:
    """Recording whose images have depth."""

    folder: Path
    pairs: list[tuple[str, str]]
    """Files of each depth image and of the image nearest to it in time, relative to the folder."""
    listing: str
    """Content of depth.txt, without depth images that have no image."""
    lone: int
    """Number of depth images without an image."""


def read_recording(folder: Path) -> Recording:
    """Read the lists of a recording.

    Raises:
        MediaError: A list is missing, has other content than expected, or no depth image has an image.
    """
    images, depths = (_read_list(folder / name) for name in ("rgb.txt", "depth.txt"))
    times = np.array([time for time, _ in images])
    pairs, lines = [], ["# timestamp filename"]
    for time, depth in depths:
        nearest = int(np.abs(times - time).argmin())
        if abs(times[nearest] - time) <= NEAR:
            pairs.append((depth, images[nearest][1]))
            lines.append(f"{time:.6f} {depth}")
    if not pairs:
        raise MediaError(f"{folder}: no depth image has an image within {1000 * NEAR:.0f} ms")
    return Recording(folder, pairs, "\n".join(lines) + "\n", len(depths) - len(pairs))


def write_static_depth(
    recording: Recording, segmenter: Segmenter, out: Path, keeps: str, advance: Callable[[], Any]
) -> Failures:
    """Write the depth that a mask keeps under the names that it has, then depth.txt.

    Args:
        recording: The recording.
        segmenter: Segmenter.
        out: Folder to write; its depth.txt and depth images take the place of the recording's.
        keeps: What keeps its depth: `static`, or all that is `not_foreground`.
        advance: Called after each depth image.

    Returns:
        Images that could not be used; their depth is missing from the folder and from depth.txt.

    Raises:
        OSError: A file cannot be written.
    """
    failures, missing = Failures(), set()
    for depth, image in recording.pairs:
        try:
            kept = _static_depth(recording.folder / depth, recording.folder / image, segmenter, keeps)
            write_atomically(out / depth, encode_file(kept, ".png"))
        except ImageError as error:
            failures.add(error)
            missing.add(depth)
        advance()
    listing = recording.listing.splitlines(keepends=True)
    kept_lines = [line for line in listing if line.split()[1] not in missing]
    write_atomically(out / "depth.txt", "".join(kept_lines).encode())
    return failures


def _static_depth(depth: Path, image: Path, segmenter: Segmenter, keeps: str) -> npt.NDArray[np.uint16]:
    try:
        stored = cv2.imread(for_opencv(depth), cv2.IMREAD_UNCHANGED) if depth.is_file() else None
        rgb = read_image(image)
    except OSError as error:
        raise ImageError("unreadable", f"{image}: {error.strerror or error}") from error
    except ImageError as error:
        raise ImageError(error.cause, f"{image}: {error.detail}") from error
    if stored is None or stored.dtype != np.uint16 or stored.ndim != 2:
        raise ImageError("no depth", f"{depth}: expected a PNG of one channel of 16 bits")
    if stored.shape != rgb.shape[:2]:
        sizes = " and ".join(f"{width}x{height}" for height, width in (stored.shape, rgb.shape[:2]))
        raise ImageError("depth of another size", f"{depth} and {image}: {sizes}; expected registered depth")
    mask = getattr(segmenter(rgb), keeps)
    return np.asarray(static_depth(np.asarray(stored, np.uint16), mask), np.uint16)


def _read_list(path: Path) -> list[tuple[float, str]]:
    try:
        lines = [line.split() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        found = [(float(line[0]), line[1]) for line in lines if not line[0].startswith("#")]
    except (OSError, ValueError, IndexError) as error:
        raise MediaError(f"{path}: {error}; expected lines of a time and a file, as in TUM's benchmark") from error
    if not found:
        raise MediaError(f"{path}: lists no files")
    for _, file in found:
        if Path(file).is_absolute() or ".." in Path(file).parts:
            raise MediaError(f"{path}: {file} lies outside of the recording")
    return found
