# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Feature-based odometry: ORB (Rublee et al. 2011) matched to a key frame with depth, and pose by PnP with RANSAC."""

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
"""Largest number of the 256 bits in which two matched descriptors may differ."""
REPROJECTION = 2.0
"""Largest reprojection error of an inlier, in pixels."""
INLIERS = 15
"""Least number of inliers of a pose."""
AGREE = 0.9
"""Share of the inliers in the mask that the pose of all features must keep to be accepted."""
RENEW = 0.5
"""Share of a key frame's first inliers below which the current frame becomes the next key frame."""
FAR = 10.0
"""Metres beyond which depth is not used."""


@dataclass
class Features:
    """Key points of an image."""

    points: Array
    """Positions in pixels, N x 2."""
    descriptors: npt.NDArray[np.uint8]
    places: Array
    """Positions in metres in the camera's frame, N x 3; NaN where there is no depth."""
    inside: npt.NDArray[np.bool_]
    """N flags: the feature lies in the mask."""


class OrbOdometry:
    """Estimates the pose of the camera frame by frame.

    Args:
        matrix: 3 x 3 matrix of a camera without distortion.
        seed: seed of RANSAC.
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
            mask: mask, H x W, 255 where features may lie.
            guess: 4 x 4 pose to continue from where none is found; for the first frame, its pose.
            verified: use all features unless their motion contradicts the features in the mask.
        """
        features = self._extract(gray, depth, mask, verified)
        if self._key is None:
            self._become_key(features, guess)
            return guess
        found = self._locate(features)
        if found is None:
            # The distance to the old key frame only grows.
            self._become_key(features, guess)
            return None
        pose, inliers = found
        self._first_inliers = self._first_inliers or inliers
        if inliers < max(RENEW * self._first_inliers, 2 * INLIERS):
            self._become_key(features, pose)
        return pose

    def _become_key(self, features: Features, pose: Array) -> None:
        self._key, self._key_pose, self._first_inliers = features, pose, 0

    def _extract(self, gray: Any, depth: Any, mask: Any, verified: bool) -> Features:
        points, descriptors = self._orb.detectAndCompute(gray, None if verified else mask)
        if not points:
            none = np.empty((0, 2))
            return Features(none, np.empty((0, 32), np.uint8), np.empty((0, 3)), np.empty(0, bool))
        xy = np.array([point.pt for point in points], np.float64)
        u, v = np.rint(xy).astype(int).T
        z = depth[v, u].astype(np.float64)
        z[~(z < FAR)] = np.nan
        inside = mask[v, u] > 0 if verified else np.ones(len(xy), bool)
        rays = np.column_stack([xy, np.ones(len(xy))]) @ np.linalg.inv(self._matrix).T
        return Features(xy, np.asarray(descriptors, np.uint8), rays * z[:, None], inside)

    def _locate(self, features: Features) -> tuple[Array, int] | None:
        key = self._key
        assert key is not None
        if not len(key.points) or not len(features.points):
            return None
        matches = [m for m in self._matcher.match(key.descriptors, features.descriptors) if m.distance <= ALIKE]
        matches = [match for match in matches if np.isfinite(key.places[match.queryIdx, 2])]
        there, here = [match.queryIdx for match in matches], [match.trainIdx for match in matches]
        places, points = key.places[there], features.points[here]
        inside = key.inside[there] & features.inside[here]
        motion = self._solve(places, points)
        if motion is not None and not inside.all():
            masked = self._solve(places[inside], points[inside])
            if masked is not None and self._inliers(motion, places[inside], points[inside]) < AGREE * self._inliers(
                masked, places[inside], points[inside]
            ):
                motion = masked
        if motion is None:
            return None
        return self._key_pose @ np.linalg.inv(motion), self._inliers(motion, places, points)

    def _solve(self, places: Array, points: Array) -> Array | None:
        """Estimate the motion from the key frame to this one, 4 x 4."""
        if len(places) < INLIERS:
            return None
        found, _, turn, shift, inliers = cv2.solvePnPRansac(places, points, self._matrix, None, params=self._ransac)
        if not found or inliers is None or len(inliers) < INLIERS:
            return None
        near = inliers.ravel()
        turn, shift = cv2.solvePnPRefineLM(places[near], points[near], self._matrix, None, turn, shift)
        motion = np.eye(4)
        motion[:3, :3], motion[:3, 3] = cv2.Rodrigues(turn)[0], shift.ravel()
        return motion

    def _inliers(self, motion: Array, places: Array, points: Array) -> int:
        seen = (places @ motion[:3, :3].T + motion[:3, 3]) @ self._matrix.T
        missed = np.linalg.norm(seen[:, :2] / seen[:, 2:] - points, axis=1)
        return int(((missed < REPROJECTION) & (seen[:, 2] > 0)).sum())
