# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Images with depth and poses from bags."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("rosbags", reason="needs rosbags, of the bag extra")

from rosbags.rosbag2 import StoragePlugin
from support import made_corner, made_posed_bags
from support.made_posed_bags import MOUNT

from bgflow_ros.media.frames import Failures, MediaError
from bgflow_ros.media.rosbag.posed_bag import PosedBag
from bgflow_ros.media.rosbag.source import open_bag
from bgflow_ros.media.rosbag.transforms import Transforms

COUNT = 6


@pytest.fixture(scope="module")
def views() -> list:
    return made_corner.looks(COUNT)


def images(views: list) -> list[np.ndarray]:
    """Images of one grey each, which tells their number."""
    return [np.full((*view.depth.shape, 3), 20 * number, np.uint8) for number, view in enumerate(views)]


@pytest.mark.parametrize("storage", list(StoragePlugin))
def test_images_come_with_depth_and_the_pose_of_the_optical_frame(
    views: list, tmp_path: Path, storage: StoragePlugin
) -> None:
    bag = PosedBag(made_posed_bags.write(tmp_path / "bag", images(views), views, storage=storage), "odom")
    failures = Failures()
    found = list(bag.frames(failures))
    assert (bag.count, len(found), failures.total, bag.remarks) == (COUNT, COUNT, 0, [])
    for number, ((second, rgb, view), expected) in enumerate(zip(found, views, strict=True)):
        assert second == pytest.approx(0.1 * number)
        assert (rgb == 20 * number).all()
        np.testing.assert_allclose(view.depth, expected.depth)
        np.testing.assert_allclose(view.pose, expected.pose, atol=1e-5)
        assert view.intrinsics == expected.intrinsics
    assert [rgb[0, 0, 0] for _, rgb, _ in bag.frames(Failures(), 3)] == [0, 40, 100]


@pytest.mark.parametrize("lag", [-15_000_000, 0, 18_000_000])
def test_depth_may_come_a_little_before_or_after_its_image(views: list, tmp_path: Path, lag: int) -> None:
    bag = PosedBag(made_posed_bags.write(tmp_path / "bag", images(views), views, lag=lag), "odom")
    found = [rgb[0, 0, 0] for _, rgb, _ in bag.frames(Failures())]
    assert sorted(found) == [20 * number for number in range(COUNT)]


def test_a_pose_lies_between_its_neighbours_in_time(views: list, tmp_path: Path) -> None:
    path = made_posed_bags.write(tmp_path / "bag", images(views), views)
    with open_bag(path) as bag:
        transforms = Transforms(bag)
    first, second = (view.pose @ np.linalg.inv(MOUNT) for view in views[:2])
    between = transforms.pose("base_link", "/odom", 150_000_000)
    assert between is not None
    np.testing.assert_allclose(between[:3, 3], (first[:3, 3] + second[:3, 3]) / 2, atol=1e-4)
    turns = [np.linalg.norm(cv2.Rodrigues(one[:3, :3].T @ between[:3, :3])[0]) for one in (first, second)]
    assert turns[0] == pytest.approx(turns[1], rel=0.05)
    assert transforms.pose("base_link", "odom", 50_000_000) is None, "before the first"
    assert transforms.pose("camera", "base_link", 50_000_000) is not None, "which does not move"
    assert transforms.pose("base_link", "camera", 150_000_000) is None, "which is below"


@pytest.mark.parametrize(
    ("write", "options", "message"),
    [
        ({"lag": 60_000_000}, {}, "no image has depth within 20 ms"),
        ({}, {"world": "map"}, "no transforms lead from camera up to map; above it are base_link, odom"),
        ({}, {"depth_topic": "/elsewhere"}, "no depth on topic /elsewhere"),
        ({}, {"topic": "/elsewhere"}, "no images on topic /elsewhere"),
    ],
    ids=["another time", "no such frame", "no such depth", "no such images"],
)
def test_what_is_missing_is_told(write: dict, options: dict, message: str, views: list, tmp_path: Path) -> None:
    path = made_posed_bags.write(tmp_path / "bag", images(views), views, **write)
    with pytest.raises(MediaError, match=message):
        PosedBag(path, **{"world": "odom", **options})


def test_depth_of_another_size_is_none(views: list, tmp_path: Path) -> None:
    small = [cv2.resize(image, (80, 60)) for image in images(views)]
    path = made_posed_bags.write(tmp_path / "bag", small, views)
    with pytest.raises(MediaError, match="no depth in it can be used; no depth is used: /camera/depth is 160x120"):
        PosedBag(path, "odom")
