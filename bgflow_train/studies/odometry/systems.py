# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Whole SLAM systems on the frames of a drive, with a mask: ORB-SLAM3 and COLMAP."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from evo.core.geometry import GeometryException, umeyama_alignment

from bgflow_train.studies.odometry import colmap, orb_slam3
from bgflow_train.studies.odometry.drive import Drive
from bgflow_train.studies.odometry.prepared import Prepared
from bgflow_train.studies.odometry.vocabulary import train_vocabulary

__all__ = ["SYSTEMS", "System", "learn_words"]

Poses = tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]
"""Poses, N x 4 x 4, NaN where none was found, and N flags of those that begin another frame of reference."""
FEWEST = 3
"""Number of poses that COLMAP's scale can be taken from."""
SOFT = 3.0
"""Standard deviation of the edge of what is left out of an image, in pixels."""
LEARNT = 2000
"""Number of images that the vocabulary is learnt from."""


@dataclass(frozen=True)
class System:
    """SLAM system."""

    run: Callable[[Drive, Sequence[Prepared], str, int, Path], Poses]
    """Runs it on frames with the masking of a name, a seed and a vocabulary."""
    runs: int
    """Number of runs, as many as its chance needs."""


def _orb_slam3(drive: Drive, frames: Sequence[Prepared], masking: str, _: int, vocabulary: Path) -> Poses:
    return _track(drive, frames, masking, [frame.gray for frame in frames], vocabulary)


def _orb_slam3_masked(drive: Drive, frames: Sequence[Prepared], masking: str, _: int, vocabulary: Path) -> Poses:
    filled = []
    for frame in frames:
        # A soft edge, which has fewer corners than a sharp one.
        weight = cv2.GaussianBlur((frame.masks[masking] > 0).astype(np.float32), (0, 0), SOFT)
        filled.append((weight * frame.gray + (1 - weight) * frame.gray.mean()).astype(np.uint8))
    return _track(drive, frames, masking, filled, vocabulary)


def _track(drive: Drive, frames: Sequence[Prepared], masking: str, grays: list[Any], vocabulary: Path) -> Poses:
    depths = [np.where(frame.masks[masking] > 0, frame.depth, np.float32(np.nan)) for frame in frames]
    times = np.array([frame.time for frame in frames])
    return orb_slam3.track(times, np.stack(grays), np.stack(depths), drive.matrix, vocabulary)


def _colmap(drive: Drive, frames: Sequence[Prepared], masking: str, seed: int, _: Path) -> Poses:
    grays, masks = [frame.gray for frame in frames], [frame.masks[masking] for frame in frames]
    poses = colmap.reconstruct(grays, masks, drive.matrix, seed)
    found = np.flatnonzero(np.isfinite(poses[:, 0, 0]))
    fresh = np.zeros(len(poses), np.bool_)
    fresh[found[:1]] = True
    try:
        if len(found) < FEWEST:
            raise GeometryException
        # The nearest true place: recorded poses have stamps of their own.
        stamps = np.array([frame.time for frame in frames])[found]
        nearest = np.abs(drive.truth.timestamps[None] - stamps[:, None]).argmin(1)
        truth = drive.truth.positions_xyz[nearest]
        poses[:, :3, 3] *= umeyama_alignment(poses[found, :3, 3].T, truth.T, with_scale=True)[2]
    except GeometryException:  # places on a line have no scale, either
        poses[:] = np.nan
    return poses, fresh


SYSTEMS = {
    "ORB-SLAM3": System(_orb_slam3, 5),
    "ORB-SLAM3, masked image": System(_orb_slam3_masked, 5),
    "COLMAP": System(_colmap, 1),
}
"""ORB-SLAM3 takes no mask: it is given depth without what a mask leaves out, and then the image without it as well. It
depends on the timing of its threads, whatever the seed."""


def learn_words(drives: Sequence[Drive], path: Path) -> None:
    """Learn ORB-SLAM3's vocabulary from the images of drives, unless the file exists."""
    if path.exists():
        return
    files = [drive.path / image for drive in drives for image in drive.images.values()]
    chosen = files[:: max(1, len(files) // LEARNT)]
    images: list[Any] = [cv2.imread(str(file), cv2.IMREAD_GRAYSCALE) for file in chosen]
    train_vocabulary([image for image in images if image is not None], path)
