# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The node beside Nav2's semantic segmentation layer: parameters, quality of service and costs, over real DDS."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

pytest.importorskip("rclpy", reason="needs rclpy, from ROS or its wheels")

from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CameraInfo, Image, PointCloud2
from support.consumers import ApproximateTime
from support.made_vision_msgs import compiler, make_vision_msgs
from support.robot import PATIENCE, Robot, Segment, image, model, pixels

from bgflow_train.studies.costmaps.semantic_layer import CLASS_TYPE, SOURCE, SemanticLayer

ROOT = Path(__file__).resolve().parents[2]
COSTMAP: dict[str, Any] = yaml.safe_load((ROOT / "config" / "semantic_costmap.yaml").read_text())["local_costmap"][
    "local_costmap"
]["ros__parameters"]
LAYER: dict[str, Any] = COSTMAP["semantic_layer"]
SETTINGS: dict[str, Any] = LAYER["segmenter"]
TOPICS = {"labels": Image, "confidence": Image, "points": PointCloud2}

SENSOR_DATA = QoSProfile(depth=10, reliability=ReliabilityPolicy.BEST_EFFORT)
LATCHED = QoSProfile(depth=5, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL)
"""Quality of service of the layer's subscriptions (semantic_segmentation_layer.cpp)."""

WIDTH, HEIGHT, FOCAL, WALL, BOX_AHEAD = 160, 120, 120.0, 2.5, 1.6
BOX = np.s_[56:104, 24:56]
ROTATION = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
"""Rotation from the optical frame to one whose x is ahead and z up (REP-103): the camera looks ahead."""
CAMERA = np.array([0.0, 0.0, 1.0])


@pytest.fixture(scope="module")
def vision_msgs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Lets this process and its children import vision_msgs, which no package index has."""
    if compiler() is None:
        pytest.skip("needs a C and a C++ compiler to make vision_msgs")
    path = str(make_vision_msgs(tmp_path_factory.mktemp("vision_msgs") / "made"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (path, os.environ.get("PYTHONPATH")))))
        patch.syspath_prepend(path)
        yield
    for name in [name for name in sys.modules if name.partition(".")[0] == "vision_msgs"]:
        del sys.modules[name]


def test_every_parameter_is_one_that_the_layer_declares_with_this_type() -> None:
    assert LAYER["observation_sources"].split() == ["segmenter"]
    for name, value in SETTINGS.items():
        if name not in SETTINGS["class_types"]:
            assert type(value) is type(SOURCE[name]), name
    for kind in SETTINGS["class_types"]:
        assert {name: type(value) for name, value in SETTINGS[kind].items()} == {
            name: type(default) for name, default in CLASS_TYPE.items()
        }
    topics = {SETTINGS[f"{part}_topic"] for part in ("segmentation", "confidence", "labels", "pointcloud")}
    assert topics == {f"/segmenter/{name}" for name in (*TOPICS, "label_info")}


def show(robot: Robot, number: int, box: bool) -> None:
    """Publish a bright room, perhaps with a dark box in front of its wall, as frame `number`."""
    v = np.arange(HEIGHT, dtype=np.float32)[:, None] - (HEIGHT - 1) / 2
    with np.errstate(divide="ignore"):
        depth = np.minimum(np.where(v > 0, FOCAL / v, np.inf), WALL) * np.ones((1, WIDTH), np.float32)
    rgb = np.full((HEIGHT, WIDTH, 3), 250, np.uint8)
    if box:
        rgb[BOX], depth[BOX] = 5, BOX_AHEAD
    info = CameraInfo(width=WIDTH, height=HEIGHT)
    info.k = [FOCAL, 0.0, (WIDTH - 1) / 2, 0.0, FOCAL, (HEIGHT - 1) / 2, 0.0, 0.0, 1.0]
    for topic, message in (
        ("camera_info", info),
        ("depth", image(depth.astype(np.float32).view(np.uint8), "32FC1", width=WIDTH)),
        ("image", image(rgb)),
    ):
        message.header.frame_id = "camera"
        message.header.stamp.sec, message.header.stamp.nanosec = divmod(number * 10**8, 10**9)
        robot.publisher(type(message), topic, ReliabilityPolicy.RELIABLE).publish(message)


def test_a_thing_costs_the_room_does_not_and_what_has_left_is_forgotten(vision_msgs: None, tiny: Path) -> None:
    from vision_msgs.msg import LabelInfo

    segment, robot = Segment(model(tiny), ("__ns:=/nav",), afresh=True), Robot("nav")
    layer, frames = SemanticLayer(SETTINGS, COSTMAP["resolution"]), ApproximateTime(len(TOPICS), longest=10**8)
    try:
        assert robot.until(lambda: robot.state() == "active"), segment.log()
        for stream, (name, kind) in enumerate(TOPICS.items()):

            def take(message: Any, stream: int = stream) -> None:
                stamp = message.header.stamp
                frames.add(stream, stamp.sec * 10**9 + stamp.nanosec, message)

            robot.node.create_subscription(kind, f"segmenter/{name}", take, SENSOR_DATA)
        # Long after it was published: a costmap starts whenever it starts.
        robot.node.create_subscription(LabelInfo, "segmenter/label_info", layer.label_info, LATCHED)
        assert robot.until(lambda: bool(layer.by_label)), segment.log()
        number = 10_000

        def see(box: bool, count: int) -> None:
            nonlocal number
            done, deadline = 0, time.monotonic() + 2 * PATIENCE
            while done < count:
                assert time.monotonic() < deadline, segment.log()
                number += 1
                show(robot, number, box)
                robot.until(lambda: False, 0.1)
                for labels, confidence, cloud in (frame.values() for frame in frames.sets):
                    assert cloud.header.frame_id == "camera"
                    points = np.frombuffer(cloud.data, np.float32).reshape(HEIGHT, WIDTH, 3) @ ROTATION.T + CAMERA
                    layer.buffer(pixels(labels), pixels(confidence), points, CAMERA)
                    done += 1
                frames.sets.clear()

        see(box=True, count=SETTINGS["things"]["samples_to_max_cost"] + 1)
        costs = layer.costs()
        lethal = np.array([index for index, cost in costs.items() if cost == 254]) * COSTMAP["resolution"]
        assert len(lethal) >= 5
        assert (abs(lethal[:, 0] - BOX_AHEAD) < 0.1).all(), "only the box"
        assert ((lethal[:, 1] > 0.25) & (lethal[:, 1] < 0.8)).all(), "where it stands"
        assert any(x * COSTMAP["resolution"] > 2.3 and cost == 0 for (x, _), cost in costs.items()), "the wall was seen"
        see(box=False, count=round(10 * SETTINGS["tile_map_decay_time"]) + 2)
        assert 254 not in layer.costs().values()
    finally:
        robot.close()
        segment.close()
