# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""config/segment.rviz, against what rviz knows and what the node publishes."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import yaml

pytest.importorskip("rclpy", reason="needs rclpy, from ROS or its wheels")

from rclpy.qos import HistoryPolicy, ReliabilityPolicy

from bgflow_ros.node.outputs import QOS
from bgflow_ros.segmentation.outputs import FOREGROUND_POINTS, IMAGE_OUTPUTS, STATIC_DEPTH

ROOT = Path(__file__).resolve().parents[2]
RVIZ = yaml.safe_load((ROOT / "config" / "segment.rviz").read_text())["Visualization Manager"]

TOPIC = {"Depth", "Durability Policy", "History Policy", "Reliability Policy", "Value"}
"""rviz_common, properties/qos_profile_property.cpp; Value is the topic."""
COMMON = {"Class", "Name", "Enabled", "Value"}
KEYS = {
    # rviz_default_plugins, displays/image/image_display.cpp.
    "rviz_default_plugins/Image": {"Max Value", "Median window", "Min Value", "Normalize Range", "Topic"},
    # displays/pointcloud/point_cloud_common.cpp, transformers/axis_color_pc_transformer.cpp.
    "rviz_default_plugins/PointCloud2": {
        "Alpha",
        "Autocompute Value Bounds",
        "Axis",
        "Color Transformer",
        "Decay Time",
        "Position Transformer",
        "Size (Pixels)",
        "Style",
        "Topic",
        "Use Fixed Frame",
    },
    # displays/axes/axes_display.cpp.
    "rviz_default_plugins/Axes": {"Length", "Radius", "Reference Frame"},
}
"""Properties by display class, as far as our file uses them."""
OPTIONS = {
    # displays/pointcloud/point_cloud_common.cpp and the names of its transformers.
    "Style": {"Points", "Squares", "Flat Squares", "Spheres", "Boxes", "Tiles"},
    "Axis": {"X", "Y", "Z"},
    "Color Transformer": {"AxisColor", "FlatColor", "Intensity", "RGB8", "RGBF32"},
    "Position Transformer": {"XYZ"},
    # rviz_common, properties/qos_profile_property.cpp.
    "Durability Policy": {"System Default", "Transient Local", "Volatile"},
    "History Policy": {"System Default", "Keep Last", "Keep All"},
    "Reliability Policy": {"System Default", "Reliable", "Best Effort"},
}
IMAGES = {f"/segmenter/{output.name}" for output in (*IMAGE_OUTPUTS, STATIC_DEPTH)}
POINTS = f"/segmenter/{FOREGROUND_POINTS.name}"


def displays(kind: str) -> list[dict[str, Any]]:
    """Displays of a class."""
    return [display for display in RVIZ["Displays"] if display["Class"] == f"rviz_default_plugins/{kind}"]


def test_every_display_and_property_is_one_that_rviz_has() -> None:
    names = [display["Name"] for display in RVIZ["Displays"]]
    assert len(set(names)) == len(names)
    for display in RVIZ["Displays"]:
        assert set(display) == KEYS[display["Class"]] | COMMON, display["Name"]
        assert display["Enabled"] == display["Value"], display["Name"]
        topic = display.get("Topic", {})
        assert set(topic) <= TOPIC
        for name, value in (display | topic).items():
            assert name not in OPTIONS or value in OPTIONS[name], f"{display['Name']}: {name}"


def test_every_topic_is_the_camera_s_or_the_node_s_of_the_display_s_type() -> None:
    assert {display["Topic"]["Value"] for display in displays("Image")} <= IMAGES | {"/image"}
    assert [display["Topic"]["Value"] for display in displays("PointCloud2")] == [POINTS]


def test_every_display_meets_its_publisher() -> None:
    # A subscriber may ask for less than the publisher offers, never for more; a camera may offer best effort only.
    assert QOS.reliability is ReliabilityPolicy.RELIABLE
    assert QOS.history is HistoryPolicy.KEEP_LAST
    for display in (*displays("Image"), *displays("PointCloud2")):
        topic = display["Topic"]
        assert topic["Durability Policy"] == "Volatile"
        assert (topic["Reliability Policy"] == "Best Effort") == (topic["Value"] == "/image"), display["Name"]


def test_likelihood_is_shown_from_0_to_1() -> None:
    [display] = [d for d in displays("Image") if d["Topic"]["Value"] == "/segmenter/likelihood"]
    assert (display["Normalize Range"], display["Min Value"], display["Max Value"]) == (False, 0, 1)


def test_the_scene_is_seen_from_behind_the_camera() -> None:
    # rviz_default_plugins, view_controllers/orbit: the eye lies at yaw and pitch from the focal point, z up. In the
    # optical frame, z is ahead and y is down (REP-103).
    view = RVIZ["Views"]["Current"]
    assert view["Class"] == "rviz_default_plugins/Orbit"
    yaw, pitch = view["Yaw"], view["Pitch"]
    eye = math.cos(yaw) * math.cos(pitch), math.sin(yaw) * math.cos(pitch), math.sin(pitch)
    assert abs(eye[0]) < 0.01
    assert eye[1] < 0, "above, so that depth is seen"
    assert eye[2] < -0.9, "behind"
    assert view["Focal Point"]["Z"] > 0
    assert -math.pi / 2 < pitch, "the controller's limit"
