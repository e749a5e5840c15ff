# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Localisation of a robot that knows nothing of where it is: SIFT (Lowe, 2004) in a map of places, PnP with RANSAC."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from bgflow_train.studies.relocalization.views import Array, View

__all__ = ["FeatureMap", "features"]

COUNT = 800
"""Number of features of an image."""
RATIO = 0.8
"""Greatest distance to the best match, as a share of that to the second."""
REPROJECTION = 3.0
"""Greatest reprojection error of an inlier, in pixels."""
INLIERS = 15
"""Least number of inliers of a pose."""

Features = tuple[Array, npt.NDArray[np.float32]]
"""Positions in pixels, N x 2, and descriptors, N x 128."""


def features(view: View, name: str) -> Features:
    """Find the strongest features among the pixels that a way keeps."""
    mask = np.where(view.kept[name], 255, 0).astype(np.uint8)
    points, descriptors = cv2.SIFT.create(COUNT).detectAndCompute(view.gray, mask)
    if not points:
        return np.empty((0, 2)), np.empty((0, 128), np.float32)
    return np.array([point.pt for point in points], np.float64), np.asarray(descriptors, np.float32)


class FeatureMap:
    """Places of the features of views with known poses and depth.

    Args:
        views: The views of the map.
        name: The way in which pixels are kept.
    """

    def __init__(self, views: Sequence[View], name: str) -> None:
        self._name = name
        places, descriptors = [np.empty((0, 3))], [np.empty((0, 128), np.float32)]
        for view in views:
            points, found = features(view, name)
            x, y = np.rint(points).astype(int).T
            depth = view.depth[y, x]
            known = np.isfinite(depth)
            here = view.places(points[known], depth[known])
            places.append(here @ view.pose[:3, :3].T + view.pose[:3, 3])
            descriptors.append(found[known])
        self._places, self._descriptors = np.concatenate(places), np.concatenate(descriptors)

    def locate(self, view: View, seeds: int) -> list[Array | None]:
        """Localise a camera with several seeds of RANSAC: its poses, 4 x 4, or None where it was not found."""
        matched = self._match(view)
        return [None if matched is None else _solve(*matched, view.matrix, seed) for seed in range(seeds)]

    def _match(self, view: View) -> tuple[Array, Array] | None:
        """Match features: positions in pixels, N x 2, and places in the map, N x 3; None where they are too few."""
        points, descriptors = features(view, self._name)
        if len(points) < INLIERS or len(self._places) < INLIERS:
            return None
        pairs = cv2.BFMatcher(cv2.NORM_L2).knnMatch(descriptors, self._descriptors, k=2)
        # The second best must be another place: the same one is in the map as often as it was seen.
        good = [best for best, second in pairs if self._is_clear(best, second)]
        if len(good) < INLIERS:
            return None
        return points[[match.queryIdx for match in good]], self._places[[match.trainIdx for match in good]]

    def _is_clear(self, best: cv2.DMatch, second: cv2.DMatch) -> bool:
        if best.distance < RATIO * second.distance:
            return True
        apart = np.linalg.norm(self._places[best.trainIdx] - self._places[second.trainIdx])
        return bool(apart < 0.05)


def _solve(here: Array, there: Array, matrix: Array, seed: int) -> Array | None:
    """Estimate the pose of a camera from matches, 4 x 4."""
    ransac = cv2.UsacParams()
    ransac.randomGeneratorState, ransac.threshold = seed, REPROJECTION
    ransac.confidence, ransac.maxIterations = 0.999, 2000
    ransac.score, ransac.loMethod = cv2.SCORE_METHOD_MSAC, cv2.LOCAL_OPTIM_INNER_LO
    found, _, turn, shift, inliers = cv2.solvePnPRansac(there, here, matrix, None, params=ransac)
    if not found or inliers is None or len(inliers) < INLIERS:
        return None
    near = inliers.ravel()
    turn, shift = cv2.solvePnPRefineLM(there[near], here[near], matrix, None, turn, shift)
    motion = np.eye(4)
    motion[:3, :3], motion[:3, 3] = cv2.Rodrigues(turn)[0], np.ravel(shift)
    return np.asarray(np.linalg.inv(motion), np.float64)
