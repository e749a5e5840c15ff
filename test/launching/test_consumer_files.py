# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Launch and parameter files of the consumers, against the names and types that their sources declare."""

from __future__ import annotations

import ast
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

pytest.importorskip("rclpy", reason="needs rclpy, from ROS or its wheels")

from bgflow_ros.segmentation.outputs import CAMERA_INFO, IMAGE_OUTPUTS, STATIC_DEPTH
from bgflow_ros.segmentation.pairing import TOLERANCE

ROOT = Path(__file__).resolve().parents[2]
CONSUMERS = ("rtabmap", "cuvslam", "nvblox")
CAMERA = {"image", "camera_info", "depth"}
"""Arguments of segment.launch.py that name topics."""

TOPICS = {
    # rtabmap_ros: rtabmap_sync/src/nodelets/rgbd_sync.cpp, rtabmap_odom/src/OdometryROS.cpp and nodelets.
    "rtabmap": {"rgb/image", "rgb/camera_info", "depth/image", "rgbd_image", "imu"},
    # isaac_ros_visual_slam: isaac_ros_cuvslam/src/visual_slam_node.cpp.
    "cuvslam": {f"visual_slam/{name}_{camera}" for name in ("image", "camera_info", "seg_mask") for camera in (0, 1)}
    | {"visual_slam/depth_0", "visual_slam/imu"},
    # isaac_ros_nvblox: nvblox_ros/include/nvblox_ros/nvblox_node.hpp and src/lib/nvblox_node.cpp.
    "nvblox": {f"camera_0/{kind}/{what}" for kind in ("color", "depth", "mask") for what in ("image", "camera_info")},
}
"""Topics that a consumer subscribes, and what joins its own nodes."""

PARAMETERS: dict[str, dict[str, type]] = {
    # rtabmap_ros: rtabmap_sync/src/nodelets/rgbd_sync.cpp.
    "rgbd_sync": {
        "approx_sync": bool,
        "approx_sync_max_interval": float,
        "topic_queue_size": int,
        "sync_queue_size": int,
        "qos": int,
        "qos_camera_info": int,
    },
    # rtabmap_ros: rtabmap_odom/src/OdometryROS.cpp and nodelets/rgbd_odometry.cpp; qos_imu as rtabmap_launch has it.
    # Those with a slash: rtabmap, corelib/include/rtabmap/core/Parameters.h; declared as strings.
    "rgbd_odometry": {
        "frame_id": str,
        "odom_frame_id": str,
        "publish_tf": bool,
        "subscribe_rgbd": bool,
        "qos": int,
        "wait_imu_to_init": bool,
        "qos_imu": int,
        "Vis/DepthAsMask": str,
    },
    # rtabmap_ros: rtabmap_sync/src/CommonDataSubscriber.cpp, rtabmap_slam/src/CoreWrapper.cpp; qos_image and qos_odom
    # as rtabmap_launch/launch/rtabmap.launch.py passes them.
    "rtabmap": {
        "frame_id": str,
        "map_frame_id": str,
        "subscribe_depth": bool,
        "subscribe_rgb": bool,
        "subscribe_rgbd": bool,
        "subscribe_odom_info": bool,
        "approx_sync": bool,
        "topic_queue_size": int,
        "sync_queue_size": int,
        "qos_image": int,
        "qos_odom": int,
        "qos_imu": int,
        "Mem/DepthAsMask": str,
        "Vis/DepthAsMask": str,
    },
    # isaac_ros_visual_slam: isaac_ros_cuvslam/src/visual_slam_node.cpp.
    "cuvslam": {
        "tracking_mode": int,
        "num_cameras": int,
        "min_num_images": int,
        "num_input_masks": int,
        "rectified_images": bool,
        "sync_matching_threshold_ms": float,
        "image_buffer_size": int,
        "image_jitter_threshold_ms": float,
        "image_qos": str,
        "map_frame": str,
        "odom_frame": str,
        "base_frame": str,
    },
    # isaac_ros_nvblox: nvblox_ros/include/nvblox_ros/node_params.hpp, src/lib/nvblox_node.cpp (input_qos) and
    # mapper_initialization.cpp (multi_mapper).
    "nvblox": {
        "num_cameras": int,
        "mapping_type": str,
        "use_segmentation": bool,
        "use_depth": bool,
        "use_color": bool,
        "use_lidar": bool,
        "input_qos": str,
        "global_frame": str,
        "multi_mapper.remove_small_connected_components": bool,
        "multi_mapper.connected_mask_component_size_threshold": int,
    },
}
"""Types by name of what an executable's node declares, as far as our files use it."""


def parameters(name: str) -> dict[str, dict[str, Any]]:
    """Parameters by node of a packaged file."""
    nodes = yaml.safe_load((ROOT / "config" / f"{name}.yaml").read_text())
    return {node: values["ros__parameters"] for node, values in nodes.items()}


def flat(values: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Names and values as a node sees them: a group's name and a point before those in it."""
    for name, value in values.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def literals(name: str) -> dict[str, Any]:
    """Tables of a launch file, read without launch."""
    tree = ast.parse((ROOT / "launch" / f"{name}.launch.py").read_text())
    assigned = [node for node in tree.body if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict)]
    return {
        node.targets[0].id: ast.literal_eval(node.value) for node in assigned if isinstance(node.targets[0], ast.Name)
    }


@pytest.mark.parametrize("name", CONSUMERS)
def test_every_parameter_is_one_that_its_node_declares_with_this_type(name: str) -> None:
    for node, values in parameters(name).items():
        executable = name if node == "/**" else literals(name)["NODES"][node.removeprefix("/**/")][1]
        declared = PARAMETERS[executable]
        for parameter, value in flat(values):
            assert parameter in declared, f"{node}: {parameter}"
            assert type(value) is declared[parameter], f"{node}: {parameter}"


@pytest.mark.parametrize("mode", ["STEREO", "RGBD"])
def test_cuvslam_s_modes_are_parameters_that_it_declares(mode: str) -> None:
    values = literals("cuvslam")[mode]
    assert {name: type(value) for name, value in values.items()} == {
        name: PARAMETERS["cuvslam"][name] for name in values
    }
    assert values.keys().isdisjoint(parameters("cuvslam")["/**"]), "the packaged file would override the mode"
    assert values["min_num_images"] == values["num_cameras"]


@pytest.mark.parametrize("name", CONSUMERS)
def test_remappings_join_topics_that_exist(name: str) -> None:
    tables = literals(name)
    ours = {f"segmenter/{output.name}" for output in (*IMAGE_OUTPUTS, CAMERA_INFO, STATIC_DEPTH)}
    own = {"rtabmap": {"imu", "odometry/rgbd_image"}, "cuvslam": {"right_image", "right_camera_info"}}.get(name, set())
    for remappings in tables["REMAPPINGS"].values() if name == "rtabmap" else [tables["REMAPPINGS"]]:
        assert set(remappings) <= TOPICS[name]
        assert set(remappings.values()) <= ours | CAMERA | own


def test_what_is_excluded_and_what_is_dynamic_is_not_confused() -> None:
    assert literals("cuvslam")["REMAPPINGS"]["visual_slam/seg_mask_0"] == "segmenter/ignore_mask"
    assert literals("nvblox")["REMAPPINGS"]["camera_0/mask/image"] == "segmenter/foreground_mask"


def test_rtabmap_s_odometry_takes_all_depth_and_its_map_static_depth() -> None:
    remappings = literals("rtabmap")["REMAPPINGS"]
    assert remappings["odometry_sync"]["depth/image"] == "depth"
    assert remappings["odometry_sync"]["rgbd_image"] == remappings["rgbd_odometry"]["rgbd_image"]
    assert remappings["static_sync"]["depth/image"] == "segmenter/static_depth/image"
    assert "rgbd_image" not in remappings["static_sync"].keys() | remappings["rtabmap"].keys(), "both have the default"


def test_rtabmap_pairs_what_the_segmenter_pairs_and_for_odometry_alike() -> None:
    nodes = parameters("rtabmap")
    assert nodes["/**/static_sync"]["approx_sync_max_interval"] == TOLERANCE / 1e9
    assert nodes["/**/static_sync"] == nodes["/**/odometry_sync"]


def test_rtabmap_s_nodes_meet_each_other() -> None:
    # Each publishes with the reliability that it subscribes with, and a reliable one never meets a best-effort one.
    reliabilities = {v for values in parameters("rtabmap").values() for k, v in values.items() if k.startswith("qos")}
    assert len(reliabilities) == 1
    assert set(parameters("rtabmap")) == {f"/**/{node}" for node in literals("rtabmap")["NODES"]}


@pytest.mark.parametrize("name", CONSUMERS)
def test_the_launch_file_starts_segmenter_and_consumer(name: str) -> None:
    # Not `launch`: the folder of that name beside the tests imports as an empty package.
    pytest.importorskip("launch_ros", reason="needs launch, from ROS")
    import launch
    from launch.actions import DeclareLaunchArgument

    module = runpy.run_path(str(ROOT / "launch" / f"{name}.launch.py"))
    entities = module["generate_launch_description"]().entities
    assert [type(entity).__name__ for entity in (entities[0], entities[-1])] == ["OpaqueFunction"] * 2
    context = launch.LaunchContext()
    given = {"namespace": "head", "image": "/color", "camera_info": "", "depth": "/depth"}
    context.launch_configurations.update(given)
    for entity in entities:
        if isinstance(entity, DeclareLaunchArgument):
            entity.execute(context)
    segmenter, *actions = entities[-1].execute(context)
    assert type(segmenter).__name__ == "IncludeLaunchDescription"
    assert segmenter.condition is not None
    packages = {action.node_package for action in actions}
    nodes = literals(name).get("NODES", {})
    assert packages == ({package for package, _ in nodes.values()} or {"rclcpp_components"})
    own = {"cuvslam": ("0.7", ""), "rtabmap": ("", "not_foreground"), "nvblox": ("", "")}[name]
    assert tuple(context.launch_configurations[key] for key in ("min_static", "depth_keeps")) == own
