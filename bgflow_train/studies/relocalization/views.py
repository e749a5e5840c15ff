# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""What is kept of a drive, in each way, for a map or for localisation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from bgflow_ros.segmentation.segmenter import Segmenter
from bgflow_train.studies.maps.keeping import kept
from bgflow_train.studies.maps.measuring import FURTHEST
from bgflow_train.studies.odometry.drive import Drive, DriveError

__all__ = ["Array", "View", "views"]

Array = npt.NDArray[np.float64]

STEP = 3
"""Every third pixel of every third row becomes a point."""


@dataclass(frozen=True)
class View:
    """Image with its depth, and what each way keeps of it."""

    gray: npt.NDArray[np.uint8]
    """Grey image, H x W."""
    depth: npt.NDArray[np.float32]
    """Metres, H x W; NaN where unknown."""
    matrix: Array
    """Camera matrix, 3 x 3."""
    pose: Array
    """True pose of the camera, 4 x 4."""
    kept: dict[str, npt.NDArray[np.bool_]]
    """Pixels that each way keeps, H x W."""

    def points(self, name: str) -> Array:
        """Compute the points that a way keeps, N x 3 in metres in the camera's frame."""
        part = (slice(STEP // 2, None, STEP),) * 2
        depth = np.where(self.kept[name] & (self.depth < FURTHEST), self.depth, np.float32(np.nan))[part]
        v, u = np.nonzero(np.isfinite(depth))
        return self.places(np.column_stack([u, v]) * STEP + STEP // 2, depth[v, u])

    def places(self, pixels: npt.NDArray[Any], depth: npt.NDArray[np.float32]) -> Array:
        """Compute the points, N x 3, at pixels x, y (N x 2) with these depths (N)."""
        rays = np.column_stack([pixels, np.ones(len(pixels))]) @ np.linalg.inv(self.matrix).T
        return np.asarray(rays * depth[:, None], np.float64)


def views(drive: Drive, segmenter: Segmenter, first: int, advance: Callable[[], Any]) -> list[View]:
    """Read every second frame of a drive and segment it.

    Args:
        drive: The drive.
        segmenter: Segmenter.
        first: 0 for the frames of a map, 1 for those between them, which are localised.
        advance: Called after each frame, also after those that are left out.

    Raises:
        DriveError: The drive has no true masks or no poses of its frames.
    """
    if drive.masks is None:
        raise DriveError(f"{drive.path}: no mask.txt; expected a drive of `bgflow drives`")
    found = []
    for number, (frame, pose) in enumerate(zip(drive.frames(), drive.poses(), strict=True)):
        if number % 2 == first:
            assert frame.mask is not None
            gray = np.asarray(cv2.cvtColor(frame.rgb, cv2.COLOR_RGB2GRAY), np.uint8)
            found.append(View(gray, frame.depth, drive.matrix, pose, kept(segmenter(frame.rgb), frame.mask)))
        advance()
    return found
