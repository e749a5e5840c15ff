# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Things that stand in a room, told from what reaches its ceiling."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the train extra")

from support import made_corner
from support.made_corner import PILLAR, THINGS

from bgflow_ros.media.posed_recording import PosedDepth
from bgflow_train.adaptation.room_planes import find_planes
from bgflow_train.adaptation.standing import find_standing

TABLE = THINGS[1:]


def standing_in(views: list[PosedDepth]) -> list[np.ndarray]:
    room = find_planes(views)
    return find_standing(views, room, [room.sides(view)[1] for view in views])


def found(views: list[PosedDepth], held: np.ndarray) -> tuple[float, float]:
    """Share of what is found that is a thing, and share of the things that is found."""
    standing = standing_in(views)
    shown = [made_corner.things(view, held) for view in views]
    right = sum((one & thing).sum() for one, thing in zip(standing, shown, strict=True))
    return right / max(1, sum(one.sum() for one in standing)), right / sum(thing.sum() for thing in shown)


def test_things_whose_upper_ends_are_seen_are_found() -> None:
    purity, recall = found(made_corner.looks(), THINGS)
    assert purity > 0.99
    assert recall > 0.4


def test_a_pillar_is_none_though_it_stands_away_from_the_planes() -> None:
    views = made_corner.looks(held=np.concatenate([TABLE, PILLAR]))
    room = find_planes(views)
    pillars = [made_corner.things(view, PILLAR) & ~made_corner.things(view, TABLE) for view in views]
    away = [room.sides(view)[1] for view in views]
    assert sum((one & pillar).sum() for one, pillar in zip(away, pillars, strict=True)) > 500
    standing = find_standing(views, room, away)
    assert sum((one & pillar).sum() for one, pillar in zip(standing, pillars, strict=True)) < 10
    assert found(views, TABLE)[1] > 0.5


@pytest.mark.parametrize("holes", [0, 10])
def test_noise_and_holes_change_little(holes: int) -> None:
    rng, noisy = np.random.default_rng(0), []
    for view in made_corner.looks():
        depth = (view.depth * rng.normal(1, 0.005, view.depth.shape)).astype(np.float32)
        for row, column in zip(rng.integers(0, 105, holes), rng.integers(0, 140, holes), strict=True):
            depth[row : row + 15, column : column + 20] = np.nan
        noisy.append(replace(view, depth=depth))
    purity, recall = found(noisy, THINGS)
    assert purity > 0.97
    assert recall > 0.3


def test_a_view_that_is_far_off_spoils_little() -> None:
    views = made_corner.looks()
    pose = views[3].pose.copy()
    pose[:3, 3] += 0.4
    purity, recall = found([*views, replace(views[3], pose=pose)], THINGS)
    assert purity > 0.85
    assert recall > 0.3


def test_a_camera_on_its_side_says_nothing() -> None:
    views = made_corner.looks()
    turned = [
        replace(view, pose=view.pose @ np.array([[0, -1, 0, 0], [1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1.0]]))
        for view in views
    ]
    everything = [np.ones(view.depth.shape, np.bool_) for view in views]
    assert not any(mask.any() for mask in find_standing(turned, find_planes(views), everything))
