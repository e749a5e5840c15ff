# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Dense odometry: OpenCV's RGB-D odometry, from each frame to the next (Steinbruecker et al. 2011).

It aligns brightness, and uses depth to project pixels. OpenCV's variant that also aligns depth slides along the walls
and floors that masks leave.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["DenseOdometry"]

Array = npt.NDArray[np.float64]

FAR = 10.0
"""Metres beyond which depth is not used."""
AGREE = 1.01
"""Factor by which the motion of all pixels may fit the mask worse than the mask's own motion, and still be accepted."""
SAMPLE = 20_000
"""Largest number of pixels that are compared."""
OUTLIER = 40.0
"""Grey levels to which a difference is clipped, because something was hidden or has appeared."""


class DenseOdometry:
    """Estimates the pose of the camera frame by frame.

    Args:
        matrix: 3 x 3 matrix of a camera without distortion.
        seed: seed of OpenCV's random numbers, of which this method uses none today.
    """

    def __init__(self, matrix: Array, seed: int) -> None:
        cv2.setRNGSeed(seed)
        settings = cv2.OdometrySettings()
        settings.setCameraMatrix(matrix.astype(np.float32))
        settings.setMaxDepth(FAR)
        self._odometry = cv2.Odometry(cv2.OdometryType_RGB, settings, cv2.OdometryAlgoType_COMMON)
        self._matrix = matrix
        self._before: tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32], npt.NDArray[np.uint8]] | None = None
        self._pose = np.eye(4)

    def __call__(
        self,
        gray: npt.NDArray[np.uint8],
        depth: npt.NDArray[np.float32],
        mask: npt.NDArray[np.uint8],
        guess: Array,
        verified: bool = False,
    ) -> Array | None:
        """Estimate the pose of the camera in the frame of the first image, 4 x 4; None where it was not found.

        Args:
            gray: grey image, H x W.
            depth: depth in metres, H x W, NaN where unknown.
            mask: mask, H x W, 255 where pixels count.
            guess: 4 x 4 pose to continue from where none is found; for the first frame, its pose.
            verified: use all pixels unless their motion contradicts the pixels in the mask.
        """
        before, now = self._before, (gray, depth, mask)
        self._before = now
        if before is None:
            self._pose = guess
            return guess
        motion = self._align(before, now, masked=not verified)
        if verified:
            masked = self._align(before, now, masked=True)
            if masked is not None and (
                motion is None or self._residual(before, now, motion) > AGREE * self._residual(before, now, masked)
            ):
                motion = masked
        if motion is None:
            self._pose = guess
            return None
        # The motion maps points of the previous frame to those of this one.
        self._pose = self._pose @ np.linalg.inv(motion)
        return self._pose

    def _align(self, before: Any, now: Any, masked: bool) -> Array | None:
        frames: list[Any] = [
            cv2.OdometryFrame(depth, gray, mask if masked else np.full_like(mask, 255))
            for gray, depth, mask in (before, now)
        ]
        try:
            self._odometry.prepareFrames(*frames)
            found, motion = self._odometry.compute(*frames)
        except cv2.error:  # too little is left to solve for
            return None
        return motion if found and np.isfinite(motion).all() else None

    def _residual(self, before: Any, now: Any, motion: Array) -> float:
        """Compute the mean difference in brightness of pixels in the previous mask, projected by the motion."""
        gray, depth, mask = before
        v, u = np.nonzero((mask > 0) & (depth < FAR))
        few = slice(None, None, len(v) // SAMPLE + 1)
        v, u = v[few], u[few]
        rays = np.stack([u, v, np.ones_like(u)]).T @ np.linalg.inv(self._matrix).T
        seen = (rays * depth[v, u][:, None] @ motion[:3, :3].T + motion[:3, 3]) @ self._matrix.T
        x, y = (seen[:, :2] / seen[:, 2:]).astype(np.float32).T
        found = cv2.remap(now[0], x[None], y[None], cv2.INTER_LINEAR, borderValue=0)[0].astype(np.float32)
        inside = (x >= 0) & (y >= 0) & (x < gray.shape[1] - 1) & (y < gray.shape[0] - 1)
        difference = np.minimum(np.abs(found - gray[v, u])[inside], OUTLIER)
        return float(difference.mean()) if difference.size else float(OUTLIER)
