# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Odometry by all pixels: OpenCV's RGB-D odometry, from each frame to the next (Steinbruecker et al. 2011).

It aligns brightness, with depth to say where a pixel goes. OpenCV's variant that aligns depth as well slides along the
walls and floors that masks leave.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["DenseOdometry"]

Array = npt.NDArray[np.float64]

FAR = 10.0
"""Metres beyond which depth is not used."""


class DenseOdometry:
    """Tells the camera's pose of one frame after the other.

    Args:
        matrix: 3 x 3, of a camera without distortion.
        seed: of OpenCV's random numbers, of which this odometry uses none today.
    """

    def __init__(self, matrix: Array, seed: int) -> None:
        cv2.setRNGSeed(seed)
        settings = cv2.OdometrySettings()
        settings.setCameraMatrix(matrix.astype(np.float32))
        settings.setMaxDepth(FAR)
        self._odometry = cv2.Odometry(cv2.OdometryType_RGB, settings, cv2.OdometryAlgoType_COMMON)
        self._before: cv2.OdometryFrame | None = None
        self._pose = np.eye(4)

    def __call__(
        self, gray: npt.NDArray[np.uint8], depth: npt.NDArray[np.float32], mask: npt.NDArray[np.uint8], guess: Array
    ) -> Array | None:
        """Pose of the camera in the first frame's, 4 x 4; None where it was not found.

        Args:
            gray: H x W.
            depth: H x W in metres, NaN where unknown.
            mask: H x W, 255 where pixels count.
            guess: 4 x 4 pose to go on from where none is found; that of the frame if it is the first.
        """
        before, now = self._before, cv2.OdometryFrame(depth, gray, mask)
        self._before = now
        if before is None:
            self._pose = guess
            return guess
        try:
            self._odometry.prepareFrames(before, now)
            found, motion = self._odometry.compute(before, now)
        except cv2.error:  # too little is left to solve for
            found = False
        if not found or not np.isfinite(motion).all():
            self._pose = guess
            return None
        # The motion takes points of the frame before to those of this one.
        self._pose = self._pose @ np.linalg.inv(motion)
        return self._pose
