# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Localisation of a robot that knows roughly where it is: GICP of a few frames in a map of points (small_gicp)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import small_gicp

from bgflow_train.studies.relocalization.views import Array, View

__all__ = ["PointMap", "guesses"]

CELL = 0.05
"""Distance of points in metres, of the map as of the frames."""
REACH = 1.0, 0.2
"""Greatest distances of points that are taken for the same, in metres: first, and then for precision."""
FIT = 0.1
"""Distance within which a point of the frames fits the map, in metres."""
FITTING = 0.5
"""Share of the points that must fit the map for the pose to be accepted."""
LEAST = 200
"""Number of points below which there is no map and no pose."""
AWAY, TURNED = 0.5, math.radians(15)
"""Greatest error of the pose that localisation begins with."""


class PointMap:
    """Points that a way keeps of views with known poses.

    Args:
        views: The views of the map.
        name: The way in which their depth is kept.
    """

    def __init__(self, views: Sequence[View], name: str) -> None:
        self._name = name
        points = np.concatenate([view.points(name) @ view.pose[:3, :3].T + view.pose[:3, 3] for view in views])
        self._cloud = small_gicp.preprocess_points(points, CELL, 20) if len(points) > LEAST else None

    def locate(self, views: Sequence[View], guess: Array) -> Array | None:
        """Localise a camera.

        Args:
            views: Views of one drive whose poses relative to each other are known; the last one is localised.
            guess: Pose to begin with, 4 x 4.

        Returns:
            Its pose, 4 x 4; None where it was not found.
        """
        last = np.linalg.inv(views[-1].pose)
        points = np.concatenate(
            [view.points(self._name) @ (last @ view.pose)[:3, :3].T + (last @ view.pose)[:3, 3] for view in views]
        )
        if self._cloud is None or len(points) < LEAST:
            return None
        target, tree = self._cloud
        source, _ = small_gicp.preprocess_points(points, CELL, 20)
        for reach in REACH:
            guess = small_gicp.align(target, source, tree, guess, "GICP", reach, max_iterations=40).T_target_source
        moved = source.points() @ guess.T
        _, squares = tree.batch_nearest_neighbor_search(moved)
        return guess if np.mean(np.asarray(squares) < FIT**2) > FITTING else None


def guesses(pose: Array, count: int, seed: int) -> list[Array]:
    """Draw poses near the true one, as a robot has them that was put down about where it should stand.

    Args:
        pose: True pose, 4 x 4, in a frame whose z axis is vertical.
        count: Number of poses.
        seed: Seed.
    """
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        angle, way = rng.uniform(-TURNED, TURNED), AWAY * math.sqrt(rng.random())
        course, guess = rng.uniform(0, 2 * math.pi), pose.copy()
        turn = np.array([[math.cos(angle), -math.sin(angle), 0], [math.sin(angle), math.cos(angle), 0], [0, 0, 1]])
        guess[:3, :3] = turn @ pose[:3, :3]
        guess[:2, 3] += way * math.cos(course), way * math.sin(course)
        found.append(guess)
    return found
