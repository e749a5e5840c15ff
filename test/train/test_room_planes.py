# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Floor, ceiling and walls found in depth."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the train extra")

from support import made_corner

from bgflow_ros.media.posed_recording import PosedDepth
from bgflow_train.adaptation.room_planes import RoomPlanes, find_planes


@pytest.fixture(scope="module")
def views() -> list[PosedDepth]:
    return made_corner.looks()


@pytest.fixture(scope="module")
def room(views: list[PosedDepth]) -> RoomPlanes:
    return find_planes(views)


def test_the_planes_are_floor_ceiling_and_walls_and_no_front_of_a_cupboard(room: RoomPlanes) -> None:
    found = {(*plane.normal.round(1), round(plane.distance, 1)) for plane in room.planes}
    assert found == {(0, 0, 1, 0), (0, 0, -1, -2.5), (1, 0, 0, 0), (-1, 0, 0, -5), (0, 1, 0, 0), (0, -1, 0, -4)}


def test_what_lies_on_them_and_what_stands_away_is_told_apart(room: RoomPlanes, views: list[PosedDepth]) -> None:
    known, right, wrong, thing, away = 0, 0, 0, 0, 0
    for view in views:
        on, off = room.sides(view)
        shown = made_corner.things(view)
        assert not (on & off).any()
        known, right, wrong = known + (~shown).sum(), right + on[~shown].sum(), wrong + off[~shown].sum()
        thing, away = thing + shown.sum(), away + off[shown].sum()
    assert right > 0.95 * known
    assert wrong < 0.02 * known
    assert away > 0.9 * thing


@pytest.mark.parametrize("noise", [0.005, 0.01])
def test_a_sensor_s_noise_changes_little(views: list[PosedDepth], noise: float) -> None:
    rng = np.random.default_rng(0)
    noisy = [
        replace(view, depth=(view.depth * rng.normal(1, noise, view.depth.shape)).astype(np.float32)) for view in views
    ]
    room = find_planes(noisy)
    covered = np.mean([room.sides(view)[0][~made_corner.things(view)].mean() for view in noisy])
    assert covered > 0.8


def test_poses_that_are_a_little_off_change_little(views: list[PosedDepth]) -> None:
    rng, moved = np.random.default_rng(0), []
    for view in views:
        pose = view.pose.copy()
        pose[:3, 3] += rng.normal(0, 0.01, 3)
        pose[:3, :3] = cv2.Rodrigues(rng.normal(0, np.radians(0.3), 3))[0] @ pose[:3, :3]
        moved.append(replace(view, pose=pose))
    room = find_planes(moved)
    covered = np.mean(
        [room.sides(view)[0][~made_corner.things(old)].mean() for view, old in zip(moved, views, strict=True)]
    )
    assert covered > 0.9


def test_unknown_depth_lies_nowhere(room: RoomPlanes, views: list[PosedDepth]) -> None:
    half = views[0].depth.copy()
    half[:, ::2] = np.nan
    on, off = room.sides(replace(views[0], depth=half))
    assert on[:, 1::2].any()
    assert not on[:, ::2].any()
    assert not off[:, ::2].any()


@pytest.mark.parametrize("depth", [np.nan, 7.0], ids=["unknown", "too far"])
def test_depth_that_shows_nothing_gives_no_plane(views: list[PosedDepth], depth: float) -> None:
    assert find_planes([replace(view, depth=np.full_like(view.depth, depth)) for view in views]).planes == []
    assert find_planes([]).planes == []
