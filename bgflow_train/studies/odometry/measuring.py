# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Measurement of both methods of odometry on a drive, with every masking."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from bgflow_ros.segmentation.model import Model
from bgflow_ros.segmentation.segmenter import Segmenter
from bgflow_train.studies.odometry.dense import DenseOdometry
from bgflow_train.studies.odometry.drive import Drive
from bgflow_train.studies.odometry.errors import trajectory_errors
from bgflow_train.studies.odometry.masking import Given, Masking, features, kept
from bgflow_train.studies.odometry.orb import OrbOdometry

__all__ = ["METHODS", "Prepared", "measure_drive", "prepare", "steps"]

METHODS: dict[str, Callable[[Any, int], OrbOdometry | DenseOdometry]] = {
    "ORB + PnP": OrbOdometry,
    "RGB-D": DenseOdometry,
}
RANDOM = {"ORB + PnP": True, "RGB-D": False}
"""Methods that draw random numbers, for which several seeds are run."""


@dataclass(frozen=True)
class Prepared:
    """Frame as seen by a pinhole camera without distortion, with its masks."""

    time: float
    gray: npt.NDArray[np.uint8]
    depth: npt.NDArray[np.float32]
    masks: dict[str, npt.NDArray[np.uint8]]
    """Masks by name of the masking."""
    points: npt.NDArray[np.int64]


def prepare(drive: Drive, model: Model, maskings: Mapping[str, Masking], advance: Callable[[], Any]) -> list[Prepared]:
    """Read and segment a drive, and remove the distortion of the lens; `advance` is called after each frame."""
    segmenter = Segmenter(model, "cpu")
    prepared = []
    for frame in drive.frames():
        gray = cv2.cvtColor(frame.rgb, cv2.COLOR_RGB2GRAY)
        given = Given(frame, segmenter(frame.rgb), features(gray))  # type: ignore[arg-type]
        masks = {name: mask for name, way in maskings.items() if (mask := way.make(given)) is not None}
        straight = _straighten(drive, gray, cv2.INTER_LINEAR)
        prepared.append(
            Prepared(
                frame.time,
                straight,
                _straighten(drive, frame.depth, cv2.INTER_NEAREST),
                {name: _straighten(drive, mask, cv2.INTER_NEAREST) for name, mask in masks.items()},
                features(straight),
            )
        )
        advance()
    return prepared


def steps(drive: Drive, maskings: Mapping[str, Masking], seeds: int) -> int:
    """Return the number of times that `measure_drive` calls `advance`."""
    count = len(maskings) - (drive.moving is None and "true" in maskings)
    runs = sum(seeds if RANDOM[method] else 1 for method in METHODS)
    return len(drive.images) * (1 + runs * count)


def _straighten(drive: Drive, image: Any, how: int) -> Any:
    if not drive.distortion.any():
        return image
    size = image.shape[1], image.shape[0]
    maps = cv2.initUndistortRectifyMap(drive.matrix, drive.distortion, None, drive.matrix, size, cv2.CV_32FC1)
    return cv2.remap(image, *maps, how, borderMode=cv2.BORDER_CONSTANT, borderValue=0)


def measure_drive(
    drive: Drive, model: Model, maskings: Mapping[str, Masking], seeds: int, advance: Callable[[], Any]
) -> dict[str, Any]:
    """Measure a drive, JSON-ready; `advance` is called for each frame that is prepared and each that is tracked.

    The motion of a frame whose pose is not found is taken from the previous frame, and the frame is counted as lost.
    """
    prepared = prepare(drive, model, maskings, advance)
    names = list(prepared[0].masks)
    results: dict[str, Any] = {"features": {}, "pixels": {}, "errors": {}}
    for name in names:
        results["features"][name] = float(np.mean([kept(frame.points, frame.masks[name]) for frame in prepared]))
        results["pixels"][name] = float(np.mean([np.mean(frame.masks[name] > 0) for frame in prepared]))
    for method, make in METHODS.items():
        results["errors"][method] = {
            name: [
                _track(drive, prepared, name, maskings[name].verified, make(drive.matrix, seed), advance)
                for seed in range(seeds if RANDOM[method] else 1)
            ]
            for name in names
        }
    return results


def _track(
    drive: Drive, prepared: list[Prepared], masking: str, verified: bool, odometry: Any, advance: Callable[[], Any]
) -> dict[str, float]:
    poses: list[npt.NDArray[np.float64]] = []
    step, lost = np.eye(4), 0
    for frame in prepared:
        guess = poses[-1] @ step if poses else np.eye(4)
        pose = odometry(frame.gray, frame.depth, frame.masks[masking], guess, verified)
        lost += pose is None
        pose = guess if pose is None else pose
        step = np.linalg.inv(poses[-1]) @ pose if poses else step
        poses.append(pose)
        advance()
    times = np.array([frame.time for frame in prepared])
    return trajectory_errors(times, poses, drive.truth) | {"lost": lost}
