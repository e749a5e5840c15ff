# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Foreground for Nav2's local costmap, beside a Nav2 that is started elsewhere: doc/nav2.md.

All arguments of segment.launch.py are arguments of this file too: ros2 launch bgflow nav2.launch.py --show-args.
"""

from __future__ import annotations

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import DeclareLaunchArgument, GroupAction, IncludeLaunchDescription, OpaqueFunction
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare

CONFIG = PathJoinSubstitution([FindPackageShare("bgflow"), "config", "nav2_costmap.yaml"])
SEGMENT = PathJoinSubstitution([FindPackageShare("bgflow"), "launch", "segment.launch.py"])

MANAGER = {
    "package": "nav2_lifecycle_manager",
    "executable": "lifecycle_manager",
    "name": "lifecycle_manager_segmenter",
}
CLOUD = {"package": "depth_image_proc", "executable": "point_cloud_xyz_node", "name": "depth_points"}
"""Who configures and activates the segmenter, and who makes points of the full depth, which clear."""


def generate_launch_description() -> LaunchDescription:
    """Start the segmenter unconfigured, then who leads it and who clears."""
    return LaunchDescription(
        [
            DeclareLaunchArgument(
                "nav2_file", default_value=CONFIG, description="Parameter file with the segmenter's lifecycle manager"
            ),
            # A scope of its own: Nav2's launch files too have an argument `autostart`, which must not become false.
            GroupAction(
                [
                    IncludeLaunchDescription(
                        PythonLaunchDescriptionSource(SEGMENT), launch_arguments={"autostart": "false"}.items()
                    ),
                    OpaqueFunction(function=start),
                ]
            ),
        ]
    )


def start(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Start the manager and the cloud of the full depth."""
    given = context.launch_configurations
    clock = {}
    if given.get("use_sim_time"):
        clock = {"use_sim_time": ParameterValue(LaunchConfiguration("use_sim_time"), value_type=bool)}
    depth = given.get("depth") or "depth"
    common = {"namespace": given.get("namespace") or None, "output": "screen"}
    return [
        Node(**MANAGER, **common, parameters=[LaunchConfiguration("nav2_file"), clock]),
        Node(
            **CLOUD,
            **common,
            parameters=[clock],
            remappings=[("image_rect", depth), ("camera_info", sibling(depth)), ("points", "depth_points")],
        ),
    ]


def sibling(topic: str) -> str:
    """The camera_info beside an image, where newer distributions look for it whatever the remappings."""
    return topic[: topic.rfind("/") + 1] + "camera_info"
