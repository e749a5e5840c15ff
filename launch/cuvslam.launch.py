# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Track with cuVSLAM, which takes no feature from what is not static: doc/nvidia.md.

All arguments of segment.launch.py are arguments of this file too: ros2 launch bgflow cuvslam.launch.py --show-args.
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

CONFIG = PathJoinSubstitution([FindPackageShare("bgflow"), "config", "cuvslam.yaml"])
SEGMENT = PathJoinSubstitution([FindPackageShare("bgflow"), "launch", "segment.launch.py"])

ARGUMENTS = {
    "right_image": ("", "Topic of a stereo camera's right image; `image` is then the left one"),
    "right_camera_info": ("", "Topic of the right camera's calibration"),
    "package": ("isaac_ros_visual_slam", "That has cuVSLAM's node; isaac_ros_cuvslam since Isaac ROS 5"),
}
"""Name: default, description."""

REMAPPINGS = {
    "visual_slam/image_0": "image",
    "visual_slam/camera_info_0": "camera_info",
    "visual_slam/seg_mask_0": "segmenter/ignore_mask",
    "visual_slam/image_1": "right_image",
    "visual_slam/camera_info_1": "right_camera_info",
    "visual_slam/depth_0": "depth",
}
"""cuVSLAM's topic: a launch argument, else a topic of the segmenter."""

STEREO = {
    "tracking_mode": 0,
    "num_cameras": 2,
    "min_num_images": 2,
    "rectified_images": True,
    "sync_matching_threshold_ms": 5.0,
}
RGBD = {
    "tracking_mode": 2,
    "num_cameras": 1,
    "min_num_images": 1,
    "rectified_images": False,
    "sync_matching_threshold_ms": 10.0,  # colour and depth are seldom taken at once
}
"""What differs between a stereo pair and a camera with depth; the parameter file may say otherwise."""


def generate_launch_description() -> LaunchDescription:
    """Start the segmenter, then what consumes it."""
    return LaunchDescription(
        [
            DeclareLaunchArgument("cuvslam_file", default_value=CONFIG, description="Parameter file of cuVSLAM"),
            *(
                DeclareLaunchArgument(name, default_value=default, description=description)
                for name, (default, description) in ARGUMENTS.items()
            ),
            DeclareLaunchArgument(
                "segmenter", default_value="true", description="false where another launch file has started it"
            ),
            DeclareLaunchArgument(
                "min_static",
                default_value="0.7",
                description="Share of the picture that odometry may use at least, the likeliest background first",
            ),
            # It declares the other arguments, which keep their values for what follows.
            IncludeLaunchDescription(
                PythonLaunchDescriptionSource(SEGMENT), condition=IfCondition(LaunchConfiguration("segmenter"))
            ),
            OpaqueFunction(function=start),
        ]
    )


def start(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Start cuVSLAM in a container: its own executable overrides `rectified_images`."""
    given = context.launch_configurations
    parameters = [STEREO if given["right_image"] else RGBD, LaunchConfiguration("cuvslam_file")]
    if given.get("use_sim_time"):
        parameters.append({"use_sim_time": ParameterValue(LaunchConfiguration("use_sim_time"), value_type=bool)})
    node = ComposableNode(
        package=given["package"],
        plugin="nvidia::isaac_ros::visual_slam::VisualSlamNode",
        name="visual_slam",
        namespace=given.get("namespace") or None,
        parameters=parameters,
        remappings=[(theirs, given.get(ours) or ours) for theirs, ours in REMAPPINGS.items()],
    )
    return [
        ComposableNodeContainer(
            package="rclcpp_components",
            executable="component_container_mt",
            name="visual_slam_container",
            namespace=given.get("namespace", ""),
            composable_node_descriptions=[node],
            output="screen",
        )
    ]
