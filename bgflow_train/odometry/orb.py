# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Odometry by features: ORB (Rublee et al. 2011) matched to a key frame with depth, pose by PnP within RANSAC."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["OrbOdometry"]

Array = npt.NDArray[np.float64]

FEATURES = 1000
ALIKE = 50
"""Bits, of 256, in which two descriptors may differ at most."""
REPROJECTION = 2.0
"""Pixels by which an inlier may miss."""
INLIERS = 15
"""Below this many there is no pose."""
RENEW = 0.5
"""Share of a key frame's first inliers below which the current frame becomes the next key frame."""
FAR = 10.0
"""Metres beyond which depth is not used."""


@dataclass
class Features:
    """Key points of a picture."""

    points: Array
    """N x 2, in pixels."""
    descriptors: npt.NDArray[np.uint8]
    places: Array
    """N x 3, in metres in the camera's frame; NaN where there is no depth."""


class OrbOdometry:
    """Tells the camera's pose of one frame after the other.

    Args:
        matrix: 3 x 3, of a camera without distortion.
        seed: of RANSAC.
    """

    def __init__(self, matrix: Array, seed: int) -> None:
        self._matrix = matrix
        self._orb = cv2.ORB.create(FEATURES, fastThreshold=10)
        self._matcher = cv2.BFMatcher(cv2.NORM_HAMMING, crossCheck=True)
        self._ransac = cv2.UsacParams()
        self._ransac.randomGeneratorState = seed
        self._ransac.threshold, self._ransac.confidence, self._ransac.maxIterations = REPROJECTION, 0.999, 2000
        self._ransac.score, self._ransac.loMethod = cv2.SCORE_METHOD_MSAC, cv2.LOCAL_OPTIM_INNER_LO
        self._key: Features | None = None
        self._key_pose = np.eye(4)
        self._first_inliers = 0

    def __call__(
        self, gray: npt.NDArray[np.uint8], depth: npt.NDArray[np.float32], mask: npt.NDArray[np.uint8], guess: Array
    ) -> Array | None:
        """Pose of the camera in the first frame's, 4 x 4; None where it was not found.

        Args:
            gray: H x W.
            depth: H x W in metres, NaN where unknown.
            mask: H x W, 255 where features may lie.
            guess: 4 x 4 pose to begin with; that of the frame if it is the first.
        """
        features = self._extract(gray, depth, mask)
        if self._key is None:
            self._become_key(features, guess, 0)
            return guess
        found = self._locate(features)
        if found is None:
            # The way back to the old key frame only grows longer.
            self._become_key(features, guess, 0)
            return None
        pose, inliers = found
        self._first_inliers = self._first_inliers or inliers
        if inliers < max(RENEW * self._first_inliers, 2 * INLIERS):
            self._become_key(features, pose, 0)
        return pose

    def _become_key(self, features: Features, pose: Array, inliers: int) -> None:
        self._key, self._key_pose, self._first_inliers = features, pose, inliers

    def _extract(self, gray: Any, depth: Any, mask: Any) -> Features:
        points, descriptors = self._orb.detectAndCompute(gray, mask)
        if not points:
            return Features(np.empty((0, 2)), np.empty((0, 32), np.uint8), np.empty((0, 3)))
        xy = np.array([point.pt for point in points], np.float64)
        z = depth[np.rint(xy[:, 1]).astype(int), np.rint(xy[:, 0]).astype(int)].astype(np.float64)
        z[~(z < FAR)] = np.nan
        rays = np.column_stack([xy, np.ones(len(xy))]) @ np.linalg.inv(self._matrix).T
        return Features(xy, np.asarray(descriptors, np.uint8), rays * z[:, None])

    def _locate(self, features: Features) -> tuple[Array, int] | None:
        key = self._key
        assert key is not None
        if not len(key.points) or not len(features.points):
            return None
        matches = [m for m in self._matcher.match(key.descriptors, features.descriptors) if m.distance <= ALIKE]
        matches = [match for match in matches if np.isfinite(key.places[match.queryIdx, 2])]
        if len(matches) < INLIERS:
            return None
        places = key.places[[match.queryIdx for match in matches]]
        points = features.points[[match.trainIdx for match in matches]]
        # From the key frame to this one.
        found, _, turn, shift, inliers = cv2.solvePnPRansac(places, points, self._matrix, None, params=self._ransac)
        if not found or inliers is None or len(inliers) < INLIERS:
            return None
        near = inliers.ravel()
        turn, shift = cv2.solvePnPRefineLM(places[near], points[near], self._matrix, None, turn, shift)
        motion = np.eye(4)
        motion[:3, :3], motion[:3, 3] = cv2.Rodrigues(turn)[0], shift.ravel()
        return self._key_pose @ np.linalg.inv(motion), len(near)
