# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Images with depth and known poses, from recordings in the layout of TUM's RGB-D benchmark."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from bgflow_ros.media.frames import Failures, evenly_spread
from bgflow_ros.media.rgbd_recording import read_camera, read_pair, read_poses, read_recording
from bgflow_ros.segmentation.depth import Intrinsics, organised_points
from bgflow_ros.segmentation.errors import ImageError

__all__ = ["PosedDepth", "PosedRecording"]


@dataclass(frozen=True)
class PosedDepth:
    """Depth image from a known pose."""

    depth: npt.NDArray[np.float32]
    """H x W, in metres, NaN where unknown."""
    intrinsics: Intrinsics
    pose: npt.NDArray[np.float64]
    """4 x 4, from the optical frame of REP 103 to the world."""

    def places(self, furthest: float) -> npt.NDArray[np.float32]:
        """Compute the place of each pixel in the world, H x W x 3; NaN where unknown or beyond a depth in metres."""
        near = np.where(self.depth < furthest, self.depth, np.float32(np.nan))
        # OpenCV takes half the time of NumPy's product.
        seen = organised_points(near, self.intrinsics).astype(np.float64)
        return np.asarray(cv2.transform(seen, self.pose[:3]), np.float32)


class PosedRecording:
    """Recording with groundtruth.txt, its poses, and camera.yaml, its calibration.

    Raises:
        MediaError: A list, the calibration or the poses are missing or damaged.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._recording = read_recording(folder)
        self._camera = read_camera(folder)
        self._poses = read_poses(self._recording)
        self.count = len(self._poses)
        """Number of pairs of an image and its depth that have a pose."""
        without, lone = len(self._recording.pairs) - self.count, self._recording.lone
        self.remarks = [
            *([f"{without} images without a pose left out"] if without else []),
            *([f"{lone} depth images without an image left out"] if lone else []),
            *(["its lens distorts, which bends surfaces: rectify its images"] if self._camera.distorted else []),
        ]
        """What the user must know of it."""

    def frames(
        self, failures: Failures, most: int | None = None
    ) -> Iterator[tuple[float, npt.NDArray[np.uint8], PosedDepth]]:
        """Read the seconds since the first frame, images, H x W x 3, RGB, and their depth.

        Args:
            failures: Counts what cannot be read.
            most: Number of frames to read, evenly spread; None for all.
        """
        pairs = list(self._poses)
        for pair in (pairs[place] for place in evenly_spread(len(pairs), most or len(pairs))):
            try:
                stored, rgb = read_pair(self._recording, pair)
            except ImageError as error:
                failures.add(error)
                continue
            depth = np.where(stored > 0, stored / np.float32(self._camera.depth_scale), np.float32(np.nan))
            posed = PosedDepth(depth.astype(np.float32), self._camera.intrinsics, self._poses[pair])
            yield pair.time - pairs[0].time, rgb, posed
