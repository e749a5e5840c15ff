# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Recordings of colour and depth in the layout of TUM's RGB-D benchmark (Sturm et al. 2012): rgb.txt, depth.txt.

With groundtruth.txt and camera.yaml the camera's poses and calibration are known as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import yaml

from bgflow_ros.media.frames import MediaError
from bgflow_ros.media.image_files import read_image
from bgflow_ros.segmentation.depth import Intrinsics
from bgflow_ros.segmentation.errors import ImageError
from bgflow_ros.segmentation.files import for_opencv
from bgflow_ros.segmentation.pairing import TOLERANCE

__all__ = ["Camera", "Pair", "Recording", "pose_matrix", "read_camera", "read_pair", "read_poses", "read_recording"]

NEAR = TOLERANCE / 1e9
"""Largest difference in seconds between the stamps of an image and its depth, that of the node and of TUM."""


@dataclass(frozen=True)
class Pair:
    """Depth image and the image nearest to it in time."""

    time: float
    """Stamp of the depth image in seconds."""
    depth: str
    """File of the depth image, relative to the recording's folder."""
    image: str
    """File of the image."""


@dataclass(frozen=True)
class Recording:
    """Recording whose images have depth."""

    folder: Path
    pairs: list[Pair]
    lone: int
    """Number of depth images without an image."""


@dataclass(frozen=True)
class Camera:
    """Calibration in camera.yaml."""

    intrinsics: Intrinsics
    depth_scale: float
    """Value of a depth image at one metre."""
    distorted: bool
    """True if the lens distorts, which the intrinsics do not describe."""


def read_recording(folder: Path) -> Recording:
    """Read the lists of a recording.

    Raises:
        MediaError: A list is missing, has other content than expected, or no depth image has an image.
    """
    images, depths = (_read_list(folder / name) for name in ("rgb.txt", "depth.txt"))
    times = np.array([time for time, _ in images])
    pairs = []
    for time, depth in depths:
        nearest = int(np.abs(times - time).argmin())
        if abs(times[nearest] - time) <= NEAR:
            pairs.append(Pair(time, depth, images[nearest][1]))
    if not pairs:
        raise MediaError(f"{folder}: no depth image has an image within {1000 * NEAR:.0f} ms")
    return Recording(folder, pairs, len(depths) - len(pairs))


def read_pair(recording: Recording, pair: Pair) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.uint8]]:
    """Read a depth image, H x W as it is stored, 0 where unknown, and its image, H x W x 3, RGB.

    Raises:
        ImageError: One of them cannot be read or is of another kind than expected, or they differ in size.
    """
    depth, image = recording.folder / pair.depth, recording.folder / pair.image
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
    return np.asarray(stored, np.uint16), rgb


def read_camera(folder: Path) -> Camera:
    """Read the calibration of a recording.

    Raises:
        MediaError: The file is missing or has other content than expected.
    """
    path = folder / "camera.yaml"
    try:
        content: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        matrix = np.array(content["camera_matrix"]["data"], np.float64).reshape(3, 3)
        scale = float(content["depth_scale"])
        distortion = np.array(content.get("distortion_coefficients", {}).get("data", []), np.float64)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, yaml.YAMLError) as error:
        raise MediaError(f"{path}: {error}; expected camera_matrix and depth_scale") from error
    if not (scale > 0 and matrix[0, 0] > 0 and matrix[1, 1] > 0):
        raise MediaError(f"{path}: expected a positive depth_scale and positive focal lengths")
    intrinsics = Intrinsics(matrix[0, 0], matrix[1, 1], matrix[0, 2], matrix[1, 2])
    return Camera(intrinsics, scale, bool(distortion.any()))


def read_poses(recording: Recording) -> dict[Pair, npt.NDArray[np.float64]]:
    """Read the camera's pose at each pair, 4 x 4, from its optical frame to the world; pairs without one are missing.

    Raises:
        MediaError: groundtruth.txt is missing, has other content than expected, or no pair has a pose.
    """
    path = recording.folder / "groundtruth.txt"
    try:
        rows = np.loadtxt(path, np.float64, ndmin=2)
        times, places, turns = np.split(rows, [1, 4], axis=1)
        if turns.shape[1] != 4:
            raise ValueError(f"{rows.shape[1]} columns")
        if not np.isfinite(rows).all() or not (np.linalg.norm(turns, axis=1) > 0).all():
            raise ValueError("a number that is not finite, or a quaternion of zeros")
    except (OSError, ValueError) as error:
        raise MediaError(f"{path}: {error}; expected lines of a time, a position and a quaternion x y z w") from error
    found = {}
    for pair in recording.pairs:
        nearest = int(np.abs(times[:, 0] - pair.time).argmin())
        if abs(times[nearest, 0] - pair.time) <= NEAR:
            found[pair] = pose_matrix(places[nearest], turns[nearest])
    if not found:
        raise MediaError(f"{path}: no depth image has a pose within {1000 * NEAR:.0f} ms")
    return found


def pose_matrix(place: npt.NDArray[np.float64], turn: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Make a pose, 4 x 4, of a position and a quaternion x y z w, which need not be of unit length."""
    # A quaternion and its negative are one turn; with this sign the angle of a tiny one is nearly 0 and not 2 pi.
    axis, real = turn[:3] * np.copysign(1, turn[3]), abs(turn[3])
    length = float(np.linalg.norm(axis))
    angle = 2 * np.arctan2(length, real)
    pose = np.eye(4)
    pose[:3, :3] = cv2.Rodrigues(axis * (angle / length if length else 0.0))[0]
    pose[:3, 3] = place
    return pose


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
