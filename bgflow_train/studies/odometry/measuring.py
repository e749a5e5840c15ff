# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Measurement of odometry and of SLAM systems on a drive, with every masking."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bgflow_ros.segmentation.model import Model
from bgflow_train.studies.odometry.dense import DenseOdometry
from bgflow_train.studies.odometry.drive import Drive
from bgflow_train.studies.odometry.errors import trajectory_errors
from bgflow_train.studies.odometry.masking import Masking, kept
from bgflow_train.studies.odometry.orb import OrbOdometry
from bgflow_train.studies.odometry.prepared import prepare

__all__ = ["METHODS", "measure_drive", "steps"]

Pose = npt.NDArray[np.float64]

METHODS: dict[str, Callable[[Any, int], OrbOdometry | DenseOdometry]] = {
    "ORB + PnP": OrbOdometry,
    "RGB-D": DenseOdometry,
}
RANDOM = {"ORB + PnP": True, "RGB-D": False}
"""Methods that draw random numbers, for which several seeds are run."""


def steps(drive: Drive, maskings: Mapping[str, Masking], seeds: int, vocabulary: Path | None) -> int:
    """Return the number of times that `measure_drive` calls `advance`."""
    usable = [masking for name, masking in maskings.items() if drive.moving is not None or name != "true"]
    runs = len(usable) * sum(seeds if RANDOM[method] else 1 for method in METHODS)
    if vocabulary is not None:
        from bgflow_train.studies.odometry.systems import SYSTEMS

        runs += sum(system.runs for system in SYSTEMS.values()) * sum(not masking.verified for masking in usable)
    return len(drive.images) * (1 + runs)


def measure_drive(
    drive: Drive,
    model: Model,
    maskings: Mapping[str, Masking],
    seeds: int,
    vocabulary: Path | None,
    advance: Callable[[], Any],
) -> dict[str, Any]:
    """Measure a drive, JSON-ready.

    The motion of a frame whose pose is not found is taken from the previous frame, and the frame is counted as lost.

    Args:
        drive: The drive.
        model: Model that makes the masks.
        maskings: Ways to mask, by name.
        seeds: Runs of odometries that draw random numbers.
        vocabulary: Vocabulary of ORB-SLAM3; None measures no SLAM systems.
        advance: Called for each frame that is prepared and each that is tracked.

    Raises:
        OrbSlamError: ORB-SLAM3 broke off.
    """
    prepared = prepare(drive, model, maskings, advance)
    times = np.array([frame.time for frame in prepared])
    names = list(prepared[0].masks)
    results: dict[str, Any] = {"features": {}, "pixels": {}, "errors": {}}
    for name in names:
        results["features"][name] = float(np.mean([kept(frame.points, frame.masks[name]) for frame in prepared]))
        results["pixels"][name] = float(np.mean([np.mean(frame.masks[name] > 0) for frame in prepared]))

    def odometry_errors(method: str, name: str, seed: int) -> dict[str, float]:
        odometry = METHODS[method](drive.matrix, seed)

        def locate(number: int, guess: Pose) -> Pose | None:
            frame = prepared[number]
            return odometry(frame.gray, frame.depth, frame.masks[name], guess, maskings[name].verified)

        return _errors(drive, times, locate, advance)

    for method in METHODS:
        count = seeds if RANDOM[method] else 1
        results["errors"][method] = {
            name: [odometry_errors(method, name, seed) for seed in range(count)] for name in names
        }
    if vocabulary is None:
        return results
    from bgflow_train.studies.odometry.systems import SYSTEMS

    for method, system in SYSTEMS.items():
        # What `verified` does happens within an odometry, not within another's system.
        results["errors"][method] = {
            name: [
                _errors(drive, times, _joined(*system.run(drive, prepared, name, run, vocabulary)), advance)
                for run in range(system.runs)
            ]
            for name in names
            if not maskings[name].verified
        }
    return results


def _joined(poses: Pose, fresh: npt.NDArray[np.bool_]) -> Callable[[int, Pose], Pose | None]:
    """Look up poses; one that begins another frame of reference is taken to be where it would be without it."""
    origin = np.eye(4)

    def locate(number: int, guess: Pose) -> Pose | None:
        nonlocal origin
        if not np.isfinite(poses[number, 0, 0]):
            return None
        if fresh[number]:
            origin = guess @ np.linalg.inv(poses[number])
        pose = np.asarray(origin @ poses[number])
        # The systems' rotations are of float32, and steps along the drive would add up what they are off.
        left, _, right = np.linalg.svd(pose[:3, :3])
        pose[:3, :3] = left @ right
        return pose

    return locate


def _errors(
    drive: Drive,
    times: npt.NDArray[np.float64],
    locate: Callable[[int, Pose], Pose | None],
    advance: Callable[[], Any],
) -> dict[str, float]:
    """Compute the errors of the poses that `locate` finds, given a frame's number and a guess."""
    poses: list[Pose] = []
    step, lost = np.eye(4), 0
    for number in range(len(times)):
        guess = poses[-1] @ step if poses else np.eye(4)
        pose = locate(number, guess)
        lost += pose is None
        pose = guess if pose is None else pose
        step = np.linalg.inv(poses[-1]) @ pose if poses else step
        poses.append(pose)
        advance()
    return trajectory_errors(times, poses, drive.truth) | {"lost": lost}
