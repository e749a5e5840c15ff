# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Errors of a trajectory as the tools of TUM's RGB-D benchmark define them (Sturm et al. 2012)."""

from __future__ import annotations

import copy

import numpy as np
import numpy.typing as npt
from evo.core import metrics, sync
from evo.core.geometry import GeometryException
from evo.core.trajectory import PoseTrajectory3D

__all__ = ["Errors", "trajectory_errors"]

Errors = dict[str, float]


def trajectory_errors(
    times: npt.NDArray[np.float64], poses: list[npt.NDArray[np.float64]], truth: PoseTrajectory3D
) -> Errors:
    """Compare a trajectory with the true one.

    Args:
        times: times of the poses, in seconds.
        poses: 4 x 4 poses of the camera in any fixed frame.
        truth: true poses, of which the nearest within 20 ms is compared.

    Returns:
        `ate`: root mean square error of positions after the best rigid alignment, in metres;
        `rpe_shift`, `rpe_turn`: root mean square drift within one second, in metres and degrees.
    """
    found = PoseTrajectory3D(poses_se3=poses, timestamps=times)
    reference, found = sync.associate_trajectories(copy.deepcopy(truth), found, max_diff=0.02)
    second = max(1, min(len(found.timestamps) - 1, round(1 / float(np.median(np.diff(found.timestamps))))))
    errors = {}
    for name, relation in (
        ("rpe_shift", metrics.PoseRelation.translation_part),
        ("rpe_turn", metrics.PoseRelation.rotation_angle_deg),
    ):
        measure = metrics.RPE(relation, second, metrics.Unit.frames, all_pairs=True)
        measure.process_data((reference, found))
        errors[name] = float(measure.get_statistic(metrics.StatisticsType.rmse))
    try:
        found.align(reference)
    except GeometryException:  # for a camera that stands still all rotations are equally good
        centred = found.positions_xyz - found.positions_xyz.mean(0) + reference.positions_xyz.mean(0)
        found = PoseTrajectory3D(centred, found.orientations_quat_wxyz, found.timestamps)
    measure = metrics.APE(metrics.PoseRelation.translation_part)
    measure.process_data((reference, found))
    errors["ate"] = float(measure.get_statistic(metrics.StatisticsType.rmse))
    return errors
