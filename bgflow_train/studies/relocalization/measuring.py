# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Measurement of one drive of another day in the maps of the first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bgflow_train.studies.relocalization.features import FeatureMap
from bgflow_train.studies.relocalization.registering import PointMap, guesses
from bgflow_train.studies.relocalization.views import Array, View

__all__ = ["DEPTH", "FEATURES", "TOGETHER", "Maps", "measure"]

DEPTH, FEATURES = "depth, GICP", "features, PnP"
TOGETHER, STRIDE = 5, 2
"""Number of views that are registered together, and of views from one attempt to the next."""


class Maps:
    """Maps of the first day, one of points and one of features for each way of keeping.

    Args:
        views: Views of the first day.
    """

    def __init__(self, views: Sequence[View]) -> None:
        names = list(views[0].kept)
        self.points = {name: PointMap(views, name) for name in names}
        self.features = {name: FeatureMap(views, name) for name in names}


def measure(maps: Maps, views: Sequence[View], seeds: int) -> dict[str, dict[str, list[list[float] | None]]]:
    """Localise views of another day, JSON-ready.

    Args:
        maps: Maps of the first day.
        views: Views of the other day.
        seeds: Attempts at each view, with other random numbers.

    Returns:
        For each method and each way of keeping the errors of all attempts, in metres and degrees; None where no pose
        was found.
    """
    found: dict[str, dict[str, list[list[float] | None]]] = {DEPTH: {}, FEATURES: {}}
    ends = range(TOGETHER, len(views) + 1, STRIDE)
    for name in maps.points:
        found[DEPTH][name] = [
            _error(maps.points[name].locate(views[end - TOGETHER : end], guess), views[end - 1].pose)
            for end in ends
            for guess in guesses(views[end - 1].pose, seeds, end)
        ]
        found[FEATURES][name] = [
            _error(pose, views[end - 1].pose)
            for end in ends
            for pose in maps.features[name].locate(views[end - 1], seeds)
        ]
    return found


def _error(pose: Array | None, truth: Array) -> list[float] | None:
    if pose is None:
        return None
    turn = np.arccos(np.clip((np.trace(pose[:3, :3].T @ truth[:3, :3]) - 1) / 2, -1, 1))
    return [round(float(np.linalg.norm(pose[:3, 3] - truth[:3, 3])), 4), round(float(np.degrees(turn)), 3)]
