# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Recorded drives in the layout of TUM's RGB-D benchmark (Sturm et al. 2012), rendered ones and TUM's own."""

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
"""Of depth at z metres: 0.0012 + 0.0019 (z - 0.4)^2 (Nguyen et al. 2012, Modeling Kinect Sensor Noise)."""
NEAR = 0.02
"""Seconds by which the stamps of a picture and its depth may differ, as TUM's `associate.py` has it."""


class DriveError(Exception):
    """A folder that is no drive, or one of whose files cannot be read; the message names it and says why."""


@dataclass(frozen=True)
class Frame:
    """A picture with what belongs to it, as the camera gave it."""

    time: float
    """In seconds."""
    rgb: npt.NDArray[np.uint8]
    """H x W x 3."""
    depth: npt.NDArray[np.float32]
    """H x W in metres, NaN where unknown; that of rendered drives has a sensor's noise."""
    moving: npt.NDArray[np.uint8] | None
    """H x W: 255 where something moves; None where nobody has said."""


class Drive:
    """A folder with rgb.txt, depth.txt, groundtruth.txt and camera.yaml; rendered ones have moving.txt and drive.json.

    Raises:
        DriveError: a file is missing or does not say what it should.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.name = path, path.name
        camera = self._read_camera()
        self.matrix = np.array(camera["camera_matrix"]["data"], np.float64).reshape(3, 3)
        self.distortion = np.array(camera["distortion_coefficients"]["data"], np.float64)
        self.depth_scale = float(camera["depth_scale"])
        self.pictures = self._list("rgb.txt")
        depths = self._list("depth.txt")
        times = np.array(sorted(depths))
        self.depths = {}
        for time in self.pictures:
            nearest = float(times[np.abs(times - time).argmin()])
            if abs(nearest - time) <= NEAR:
                self.depths[time] = depths[nearest]
        self.pictures = {time: path for time, path in self.pictures.items() if time in self.depths}
        self.moving = self._list("moving.txt") if (path / "moving.txt").exists() else None
        if len(self.pictures) < 2:
            raise DriveError(f"{path}: {len(self.pictures)} pictures have depth; expected two at least")

    @cached_property
    def truth(self) -> PoseTrajectory3D:
        """True poses of the camera."""
        try:
            return file_interface.read_tum_trajectory_file(str(self.path / "groundtruth.txt"))
        except (OSError, file_interface.FileInterfaceException) as error:
            raise DriveError(f"{self.path}/groundtruth.txt: {error}") from error

    @cached_property
    def description(self) -> dict[str, Any]:
        """What drive.json says; nothing for TUM's own."""
        path = self.path / "drive.json"
        return json.loads(path.read_text()) if path.exists() else {}

    @property
    def rate(self) -> float:
        """Pictures a second."""
        times = list(self.pictures)
        return (len(times) - 1) / (times[-1] - times[0])

    def digest(self) -> str:
        """SHA-256 of the true poses, the calibration and all pictures."""
        found = hashlib.sha256()
        for name in ("groundtruth.txt", "camera.yaml"):
            found.update((self.path / name).read_bytes())
        for time, path in self.pictures.items():
            found.update((self.path / path).read_bytes() + (self.path / self.depths[time]).read_bytes())
        return found.hexdigest()

    def frames(self) -> Iterator[Frame]:
        """Read the frames in the order of time."""
        for number, (time, path) in enumerate(self.pictures.items()):
            rgb = self._picture(path, cv2.IMREAD_COLOR)
            raw = self._picture(self.depths[time], cv2.IMREAD_UNCHANGED).astype(np.float32)
            depth = np.where(raw > 0, raw / np.float32(self.depth_scale), np.float32(np.nan))
            if self.description:  # rendered: exact, as no camera's is
                depth = _with_noise(depth, number)
            moving = None if self.moving is None else self._picture(self.moving[time], cv2.IMREAD_UNCHANGED)
            yield Frame(time, cv2.cvtColor(rgb, cv2.COLOR_BGR2RGB), depth, moving)  # type: ignore[arg-type]

    def _picture(self, path: str, how: int) -> npt.NDArray[Any]:
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
            raise DriveError(f"{path}: without {', '.join(sorted(missing))}")
        return dict(camera)


def _with_noise(depth: npt.NDArray[np.float32], seed: int) -> npt.NDArray[np.float32]:
    least, more, near = NOISE
    drawn = np.random.default_rng(seed).standard_normal(depth.shape, np.float32)
    noisy: npt.NDArray[np.float32] = depth + drawn * (least + more * (depth - near) ** 2).astype(np.float32)
    return noisy


def find_drives(paths: list[Path]) -> list[Drive]:
    """Open drives; a path is a drive's folder or a folder of them.

    Raises:
        DriveError: a path holds none, or one that cannot be read.
    """
    found = []
    for path in paths:
        folders = [path] if (path / "rgb.txt").exists() else sorted(path.glob("*/rgb.txt"))
        if not folders:
            raise DriveError(f"{path}: no drive (a folder with rgb.txt, depth.txt, groundtruth.txt, camera.yaml)")
        found += [Drive(folder if folder.is_dir() else folder.parent) for folder in folders]
    return found
