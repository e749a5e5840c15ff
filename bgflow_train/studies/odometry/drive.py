# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Drives in the layout of TUM's RGB-D benchmark (Sturm et al. 2012): rendered ones and TUM's own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import yaml
from evo.core.trajectory import PoseTrajectory3D
from evo.tools import file_interface

__all__ = ["Drive", "DriveError", "Frame", "find_drives"]

NOISE = 0.0012, 0.0019, 0.4
"""Noise of depth at z metres: 0.0012 + 0.0019 (z - 0.4)^2 (Nguyen et al. 2012, Modeling Kinect Sensor Noise)."""
AMONG_DAYS, DAYS = 1_000_000, 1000
"""Distance of the seeds of the noise of one day from those of the next, and number of days; day 0 comes last."""
NEAR = 0.02
"""Largest difference in seconds between the stamps of an image and its depth, as in TUM's `associate.py`."""


class DriveError(Exception):
    """A folder is not a drive, or a file in it cannot be read; the message names it and says why."""


@dataclass(frozen=True)
class Frame:
    """Image with its depth and mask, as recorded."""

    time: float
    """Stamp in seconds."""
    rgb: npt.NDArray[np.uint8]
    """RGB image, H x W x 3."""
    depth: npt.NDArray[np.float32]
    """Depth in metres, H x W, NaN where unknown; with the noise of a sensor for rendered drives."""
    moving: npt.NDArray[np.uint8] | None
    """Mask of moving objects, H x W, 255 where something moves; None where the drive has none."""
    mask: npt.NDArray[np.uint8] | None = None
    """True mask, H x W: 0 background, 1 foreground, 255 void; None where the drive has none."""


class Drive:
    """Drive in a folder with rgb.txt, depth.txt, groundtruth.txt and camera.yaml.

    A rendered drive also has moving.txt, mask.txt and drive.json.

    Raises:
        DriveError: a file is missing or has other content than expected.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.name = path, path.name
        camera = self._read_camera()
        self.matrix = np.array(camera["camera_matrix"]["data"], np.float64).reshape(3, 3)
        self.distortion = np.array(camera["distortion_coefficients"]["data"], np.float64)
        self.depth_scale = float(camera["depth_scale"])
        self.images = self._list("rgb.txt")
        depths = self._list("depth.txt")
        times = np.array(sorted(depths))
        self.depths = {}
        for time in self.images:
            nearest = float(times[np.abs(times - time).argmin()])
            if abs(nearest - time) <= NEAR:
                self.depths[time] = depths[nearest]
        self.images = {time: path for time, path in self.images.items() if time in self.depths}
        self.moving, self.masks = (
            self._list(name) if (path / name).exists() else None for name in ("moving.txt", "mask.txt")
        )
        if len(self.images) < 2:
            raise DriveError(f"{path}: {len(self.images)} images have depth; expected at least two")

    @cached_property
    def truth(self) -> PoseTrajectory3D:
        """True poses of the camera."""
        try:
            return file_interface.read_tum_trajectory_file(str(self.path / "groundtruth.txt"))
        except (OSError, file_interface.FileInterfaceException) as error:
            raise DriveError(f"{self.path}/groundtruth.txt: {error}") from error

    @cached_property
    def description(self) -> dict[str, Any]:
        """Content of drive.json; empty for TUM's own drives."""
        path = self.path / "drive.json"
        return json.loads(path.read_text()) if path.exists() else {}

    @property
    def rate(self) -> float:
        """Frames per second."""
        times = list(self.images)
        return (len(times) - 1) / (times[-1] - times[0])

    def digest(self) -> str:
        """Compute the SHA-256 of the true poses, the calibration and all images."""
        found = hashlib.sha256()
        for name in ("groundtruth.txt", "camera.yaml"):
            found.update((self.path / name).read_bytes())
        for time, path in self.images.items():
            found.update((self.path / path).read_bytes() + (self.path / self.depths[time]).read_bytes())
            if self.masks is not None:
                found.update((self.path / self.masks[time]).read_bytes())
        return found.hexdigest()

    def frames(self) -> Iterator[Frame]:
        """Read the frames in the order of their stamps."""
        for number, (time, path) in enumerate(self.images.items()):
            rgb = self._image(path, cv2.IMREAD_COLOR)
            raw = self._image(self.depths[time], cv2.IMREAD_UNCHANGED).astype(np.float32)
            depth = np.where(raw > 0, raw / np.float32(self.depth_scale), np.float32(np.nan))
            if self.description:  # rendered depth is exact, which that of no camera is
                depth = _with_noise(depth, number + AMONG_DAYS * ((self.description.get("day", 1) - 1) % DAYS))
            moving = None if self.moving is None else self._image(self.moving[time], cv2.IMREAD_UNCHANGED)
            mask = None if self.masks is None else self._image(self.masks[time], cv2.IMREAD_UNCHANGED)
            yield Frame(time, cv2.cvtColor(rgb, cv2.COLOR_BGR2RGB), depth, moving, mask)  # type: ignore[arg-type]

    def poses(self) -> list[npt.NDArray[np.float64]]:
        """Return the true pose of the camera at each frame, 4 x 4.

        Raises:
            DriveError: A frame has no pose of its stamp.
        """
        known = dict(zip(self.truth.timestamps.round(6), self.truth.poses_se3, strict=True))
        missing = [time for time in self.images if round(time, 6) not in known]
        if missing:
            raise DriveError(f"{self.path}/groundtruth.txt: no pose of {missing[0]:.6f}, the stamp of a frame")
        return [known[round(time, 6)] for time in self.images]

    def _image(self, path: str, how: int) -> npt.NDArray[Any]:
        found = cv2.imread(str(self.path / path), how)
        if found is None:
            raise DriveError(f"{self.path / path} cannot be read")
        return found

    def _list(self, name: str) -> dict[float, str]:
        try:
            lines = (self.path / name).read_text().splitlines()
            parts = [line.split() for line in lines if line and not line.startswith("#")]
            return {float(time): path for time, path in sorted(parts, key=lambda part: float(part[0]))}
        except (OSError, ValueError) as error:
            raise DriveError(f"{self.path / name}: {error}; expected lines of a time and a file") from error

    def _read_camera(self) -> dict[str, Any]:
        path = self.path / "camera.yaml"
        try:
            camera = yaml.safe_load(path.read_text())
            missing = {"camera_matrix", "distortion_coefficients", "depth_scale"} - set(camera)
        except (OSError, yaml.YAMLError, TypeError) as error:
            raise DriveError(f"{path}: {error}; expected a calibration") from error
        if missing:
            raise DriveError(f"{path}: missing {', '.join(sorted(missing))}")
        return dict(camera)


def _with_noise(depth: npt.NDArray[np.float32], seed: int) -> npt.NDArray[np.float32]:
    least, more, near = NOISE
    drawn = np.random.default_rng(seed).standard_normal(depth.shape, np.float32)
    noisy: npt.NDArray[np.float32] = depth + drawn * (least + more * (depth - near) ** 2).astype(np.float32)
    return noisy


def find_drives(paths: list[Path]) -> list[Drive]:
    """Open drives; each path is the folder of a drive, or a folder of such folders.

    Raises:
        DriveError: a path holds no drive, or one that cannot be read.
    """
    found = []
    for path in paths:
        folders = [path] if (path / "rgb.txt").exists() else sorted(path.glob("*/rgb.txt"))
        if not folders:
            raise DriveError(f"{path}: not a drive folder; expected rgb.txt, depth.txt, groundtruth.txt, camera.yaml")
        found += [Drive(folder if folder.is_dir() else folder.parent) for folder in folders]
    return found
