# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""A CameraInfo fitted to images that are a region of the camera's full resolution, or binned."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from rosbags.typesys import Stores, get_typestore

from bgflow_ros.segmentation.camera_calibration import doubt, fit_camera_info, intrinsics, rectification
from bgflow_ros.segmentation.errors import ImageError

TYPES = get_typestore(Stores.LATEST).types
NAN = float("nan")


def camera_info(**changes: Any) -> Any:
    """640x480 with its principal point in the middle; `roi` as x, y, width, height."""
    roi = dict(zip(("x_offset", "y_offset", "width", "height"), changes.pop("roi", (0, 0, 0, 0)), strict=True))
    header = TYPES["std_msgs/msg/Header"](TYPES["builtin_interfaces/msg/Time"](7, 8), "optical")
    fields = {
        "header": header,
        "width": 640,
        "height": 480,
        "distortion_model": "plumb_bob",
        "d": np.array([0.1, -0.2, 0.0, 0.0, 0.0]),
        "k": np.array([600.0, 0, 320, 0, 500, 240, 0, 0, 1]),
        "r": np.eye(3).ravel(),
        "p": np.array([620.0, 0, 330, -60, 0, 520, 250, 0, 0, 0, 1, 0]),
        "binning_x": 0,
        "binning_y": 0,
        "roi": TYPES["sensor_msgs/msg/RegionOfInterest"](do_rectify=bool(roi["width"]), **roi),
    }
    return TYPES["sensor_msgs/msg/CameraInfo"](**fields | changes)


HALF = (300.0, 250.0, 160.0, 120.0)
EXPLAINED = {
    "full": ({}, (640, 480), (600, 500, 320, 240)),
    "binning 1": ({"binning_x": 1, "binning_y": 1}, (640, 480), (600, 500, 320, 240)),
    "binned": ({"binning_x": 2, "binning_y": 2}, (320, 240), HALF),
    "binned along x alone": ({"binning_x": 2}, (320, 480), (300, 500, 160, 240)),
    "binned, odd": ({"width": 641, "height": 481, "binning_x": 2, "binning_y": 2}, (320, 240), HALF),
    "a region": ({"roi": (100, 50, 400, 300)}, (400, 300), (600, 500, 220, 190)),
    "a region that is all": ({"roi": (0, 0, 640, 480)}, (640, 480), (600, 500, 320, 240)),
    "a region, binned": (
        {"roi": (100, 50, 402, 303), "binning_x": 4, "binning_y": 2},
        (100, 151),
        (150, 250, 55, 95),
    ),
    "offsets without a size": ({"roi": (100, 50, 0, 0)}, (640, 480), (600, 500, 320, 240)),
    "a region on its side": ({"roi": (0, 0, 300, 400)}, (300, 400), (600, 500, 320, 240)),
    # A driver that scaled the image but kept the full-resolution values.
    "scaled already, binning said": ({"binning_x": 2, "binning_y": 2}, (640, 480), (600, 500, 320, 240)),
    "scaled already, region said": ({"roi": (800, 600, 640, 480)}, (640, 480), (600, 500, 320, 240)),
}


@pytest.mark.parametrize(("changes", "size", "expected"), EXPLAINED.values(), ids=EXPLAINED)
def test_an_image_that_region_and_binning_explain(
    changes: dict[str, Any], size: tuple[int, int], expected: tuple[float, ...]
) -> None:
    info = camera_info(**changes)
    before = copy.deepcopy(info)
    fitted = fit_camera_info(info, *size)
    assert intrinsics(fitted) == expected
    assert (fitted.width, fitted.height) == size
    assert (fitted.binning_x, fitted.binning_y) == (0, 0)
    assert fitted.roi == type(fitted.roi)(0, 0, 0, 0, False)
    assert fitted.header == info.header
    for name in ("d", "r"):
        np.testing.assert_array_equal(getattr(fitted, name), getattr(info, name))
    for name in ("k", "p"):
        np.testing.assert_array_equal(getattr(info, name), getattr(before, name), "what came in is not changed")
    assert (info.width, info.binning_x, info.roi) == (before.width, before.binning_x, before.roi)
    assert fit_camera_info(fitted, *size).k.tolist() == fitted.k.tolist(), "once is enough"


def test_the_projection_of_a_stereo_camera_follows() -> None:
    fitted = fit_camera_info(camera_info(roi=(100, 50, 400, 300), binning_x=2, binning_y=2), 200, 150)
    assert fitted.p.tolist() == [310.0, 0, 115, -30, 0, 260, 100, 0, 0, 0, 1, 0]


REFUSED = {
    "decimated": ({}, (320, 240), "camera_info is of 640x480, the image of 320x240"),
    "cropped": ({}, (640, 360), "camera_info is of 640x480, the image of 640x360"),
    "turned": ({}, (480, 640), "camera_info is of 640x480, the image of 480x640"),
    "of no size": ({"width": 0, "height": 0}, (640, 480), "camera_info is of 0x0, the image of 640x480"),
    "binned otherwise": ({"binning_x": 4, "binning_y": 4}, (320, 240), "640x480, binning 4x4, the image of 320x240"),
    "another region": (
        {"roi": (10, 20, 400, 300)},
        (320, 240),
        "640x480, region of interest 400x300 at 10, 20, the image of 320x240",
    ),
    "a region beyond the image": ({"roi": (500, 0, 320, 240)}, (320, 240), "320x240 at 500, 0, the image of 320x240"),
}


@pytest.mark.parametrize(("changes", "size", "reason"), REFUSED.values(), ids=REFUSED)
def test_an_image_that_nothing_explains_is_refused(changes: dict[str, Any], size: tuple[int, int], reason: str) -> None:
    with pytest.raises(ImageError, match=reason) as caught:
        fit_camera_info(camera_info(**changes), *size)
    assert caught.value.cause == "camera_info of another size"


@pytest.mark.parametrize(
    "k",
    [
        [0.0] * 9,
        [],
        [0.0, 0, 320, 0, 500, 240, 0, 0, 1],
        [600.0, 0, 320, 0, NAN, 240, 0, 0, 1],
        [-600.0, 0, 320, 0, 500, 240, 0, 0, 1],
        [600.0, 0, NAN, 0, 500, 240, 0, 0, 1],
        [float("inf"), 0, 320, 0, 500, 240, 0, 0, 1],
    ],
)
def test_a_camera_that_is_not_calibrated_has_no_intrinsics_and_still_a_size(k: list[float]) -> None:
    fitted = fit_camera_info(camera_info(k=np.array(k), binning_x=2, binning_y=2), 320, 240)
    assert (fitted.width, fitted.height) == (320, 240)
    with pytest.raises(ImageError, match="expected focal lengths above 0") as caught:
        intrinsics(fitted)
    assert caught.value.cause == "no calibration"


def test_the_node_s_own_messages_are_fitted_as_those_of_a_bag() -> None:
    messages = pytest.importorskip("sensor_msgs.msg", reason="needs ROS's messages")
    info = messages.CameraInfo(width=640, height=480, binning_x=2, binning_y=2, k=[600.0, 0, 320, 0, 500, 240, 0, 0, 1])
    fitted = fit_camera_info(info, 320, 240)
    assert isinstance(fitted, messages.CameraInfo)
    assert intrinsics(fitted) == HALF
    assert not fitted.p.any()
    assert (info.width, info.binning_x) == (640, 2)


DOUBTFUL = {
    "in another frame": ({}, "depth", "camera_info is in frame optical, the image in depth; expected one"),
    "of twice the size": (
        {"k": np.array([1200.0, 0, 640, 0, 1200, 480, 0, 0, 1])},
        "optical",
        "camera_info of 640x480 has its principal point at 640, 480, far from the middle",
    ),
    "of half the size": ({"k": np.array([300.0, 0, 160, 0, 300, 120, 0, 0, 1])}, "optical", "far from the middle"),
    "of 16:9": ({"k": np.array([600.0, 0, 320, 0, 600, 180, 0, 0, 1])}, "optical", "far from the middle"),
    "of 4:3": ({"height": 360}, "optical", "far from the middle"),
}


@pytest.mark.parametrize(("changes", "frame", "reason"), DOUBTFUL.values(), ids=DOUBTFUL)
def test_a_calibration_of_the_right_size_that_seems_another_image_s_is_doubted(
    changes: dict[str, Any], frame: str, reason: str
) -> None:
    assert reason in doubt(camera_info(**changes), frame)


@pytest.mark.parametrize("frame", ["optical", "/optical", ""])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"k": np.zeros(9)},
        {"k": np.array([])},
        {"k": np.array([600.0, 0, 290, 0, 500, 265, 0, 0, 1])},
        {"roi": (500, 300, 100, 100)},
    ],
)
def test_other_calibrations_are_not(changes: dict[str, Any], frame: str) -> None:
    assert doubt(camera_info(**changes), frame) == ""


def test_focal_lengths_that_rectification_changes_are_told() -> None:
    assert "focal lengths 600, 500 in K and 620, 520 in P: points are made with K" in rectification(camera_info())
    for p in (np.zeros(12), np.array([]), np.array([605.0, 0, 330, -60, 0, 505, 250, 0, 0, 0, 1, 0])):
        assert rectification(camera_info(p=p)) == ""
