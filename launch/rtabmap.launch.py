# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Map with RTAB-Map, whose map never sees the depth of what is not static: doc/rtabmap.md.

All arguments of segment.launch.py are arguments of this file too: ros2 launch bgflow rtabmap.launch.py --show-args.
"""

from __future__ import annotations

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription, OpaqueFunction
from launch.conditions import IfCondition
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare

CONFIG = PathJoinSubstitution([FindPackageShare("bgflow"), "config", "rtabmap.yaml"])
SEGMENT = PathJoinSubstitution([FindPackageShare("bgflow"), "launch", "segment.launch.py"])

NODES = {
    "odometry_sync": ("rtabmap_sync", "rgbd_sync"),
    "rgbd_odometry": ("rtabmap_odom", "rgbd_odometry"),
    "static_sync": ("rtabmap_sync", "rgbd_sync"),
    "rtabmap": ("rtabmap_slam", "rtabmap"),
}
"""Node's name: package and executable."""

REMAPPINGS = {
    "odometry_sync": {
        "rgb/image": "image",
        "rgb/camera_info": "camera_info",
        "depth/image": "depth",
        "rgbd_image": "odometry/rgbd_image",
    },
    "rgbd_odometry": {"rgbd_image": "odometry/rgbd_image", "imu": "imu"},
    "static_sync": {
        "rgb/image": "image",
        "rgb/camera_info": "camera_info",
        "depth/image": "segmenter/static_depth/image",
    },
    "rtabmap": {"imu": "imu"},
}
"""RTAB-Map's topics by node: a launch argument, a topic of the segmenter, or one that joins RTAB-Map's nodes."""


def generate_launch_description() -> LaunchDescription:
    """Start the segmenter, then what consumes it."""
    return LaunchDescription(
        [
            DeclareLaunchArgument("rtabmap_file", default_value=CONFIG, description="Parameter file of RTAB-Map"),
            DeclareLaunchArgument(
                "imu", default_value="", description="Topic of an IMU with orientation, to wait for; empty: none"
            ),
            DeclareLaunchArgument(
                "segmenter", default_value="true", description="false where another launch file has started it"
            ),
            DeclareLaunchArgument(
                "min_static",
                default_value="0.7",
                description="Share of the picture that the map may use at least, the likeliest background first",
            ),
            # It declares the other arguments, which keep their values for what follows.
            IncludeLaunchDescription(
                PythonLaunchDescriptionSource(SEGMENT), condition=IfCondition(LaunchConfiguration("segmenter"))
            ),
            OpaqueFunction(function=start),
        ]
    )


def start(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Start RTAB-Map's nodes."""
    given = context.launch_configurations
    parameters = [LaunchConfiguration("rtabmap_file")]
    if given.get("use_sim_time"):
        parameters.append({"use_sim_time": ParameterValue(LaunchConfiguration("use_sim_time"), value_type=bool)})
    if given["imu"]:
        parameters.append({"wait_imu_to_init": True})
    return [
        Node(
            package=package,
            executable=executable,
            name=name,
            namespace=given.get("namespace") or None,
            parameters=parameters,
            remappings=[(theirs, given.get(ours) or ours) for theirs, ours in REMAPPINGS[name].items()],
            output="screen",
        )
        for name, (package, executable) in NODES.items()
    ]
