# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Map with nvblox, which keeps foreground out of the static map: doc/nvidia.md.

All arguments of segment.launch.py are arguments of this file too: ros2 launch bgflow nvblox.launch.py --show-args.
"""

from __future__ import annotations

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription, OpaqueFunction
from launch.conditions import IfCondition
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import ComposableNodeContainer
from launch_ros.descriptions import ComposableNode
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare

CONFIG = PathJoinSubstitution([FindPackageShare("bgflow"), "config", "nvblox.yaml"])
SEGMENT = PathJoinSubstitution([FindPackageShare("bgflow"), "launch", "segment.launch.py"])

REMAPPINGS = {
    "camera_0/color/image": "image",
    "camera_0/color/camera_info": "camera_info",
    "camera_0/depth/image": "depth",
    "camera_0/depth/camera_info": "camera_info",  # depth is registered to the colour image
    "camera_0/mask/image": "segmenter/foreground_mask",
    "camera_0/mask/camera_info": "segmenter/camera_info",
}
"""nvblox's topic: a launch argument, else a topic of the segmenter."""


def generate_launch_description() -> LaunchDescription:
    """Start the segmenter, then what consumes it."""
    return LaunchDescription(
        [
            DeclareLaunchArgument("nvblox_file", default_value=CONFIG, description="Parameter file of nvblox"),
            DeclareLaunchArgument(
                "segmenter", default_value="true", description="false where another launch file has started it"
            ),
            # It declares the other arguments, which keep their values for what follows.
            IncludeLaunchDescription(
                PythonLaunchDescriptionSource(SEGMENT), condition=IfCondition(LaunchConfiguration("segmenter"))
            ),
            OpaqueFunction(function=start),
        ]
    )


def start(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Start nvblox in a container, as its own launch files do."""
    given = context.launch_configurations
    parameters = [LaunchConfiguration("nvblox_file")]
    if given.get("use_sim_time"):
        parameters.append({"use_sim_time": ParameterValue(LaunchConfiguration("use_sim_time"), value_type=bool)})
    node = ComposableNode(
        package="nvblox_ros",
        plugin="nvblox::NvbloxNode",
        name="nvblox_node",
        namespace=given.get("namespace") or None,
        parameters=parameters,
        remappings=[(theirs, given.get(ours) or ours) for theirs, ours in REMAPPINGS.items()],
    )
    return [
        ComposableNodeContainer(
            package="rclcpp_components",
            executable="component_container_mt",
            name="nvblox_container",
            namespace=given.get("namespace", ""),
            composable_node_descriptions=[node],
            output="screen",
        )
    ]
