# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Track with cuVSLAM, which takes features from the static background only: doc/nvidia.md.

All arguments of segment.launch.py are arguments of this file too: ros2 launch bgflow cuvslam.launch.py --show-args.
"""

from __future__ import annotations

from collections.abc import Mapping

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import ComposableNodeContainer
from launch_ros.descriptions import ComposableNode

from bgflow_ros.launching.arguments import (
    MIN_STATIC,
    SEGMENT,
    SEGMENTER,
    needed_optional_segmenter,
    parameter_file_argument,
)
from bgflow_ros.launching.checks import Argument, topic
from bgflow_ros.launching.description import checked_description, clock_parameters, include_segmenter

REMAPPINGS = {
    "visual_slam/image_0": "image",
    "visual_slam/camera_info_0": "camera_info",
    "visual_slam/seg_mask_0": "segmenter/ignore_mask",
    "visual_slam/image_1": "right_image",
    "visual_slam/camera_info_1": "right_camera_info",
    "visual_slam/depth_0": "depth",
}
"""Topics of cuVSLAM, and the launch argument or topic of the segmenter for each."""

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
"""Parameters that differ between a stereo pair and a camera with depth; the parameter file overrides them."""


CONTAINER = ("rclcpp_components", "component_container_mt")
"""Package and executable that the node is loaded into; its own executable overrides `rectified_images`."""
PACKAGE = "isaac_ros_visual_slam"

ARGUMENTS = {
    argument.name: argument
    for argument in (
        parameter_file_argument("cuvslam_file", "Parameter file of cuVSLAM", "cuvslam.yaml"),
        Argument("right_image", "Topic of a stereo camera's right image; `image` is then the left one", check=topic),
        Argument("right_camera_info", "Topic of the right camera's calibration", check=topic),
        Argument(
            "package",
            "Package that has cuVSLAM's node; isaac_ros_cuvslam since Isaac ROS 5",
            PACKAGE,
            optional=False,
        ),
        SEGMENTER,
        *SEGMENT.values(),
        Argument(
            "min_static",
            "Share of the image that odometry may use at least, the likeliest background first, 0 to 1",
            "0.7",
            check=MIN_STATIC,
        ),
    )
}
"""Arguments by name; min_static has another default than in segment.launch.py."""


def generate_launch_description() -> LaunchDescription:
    """Describe the launch; what is started depends on the values of the arguments."""
    return checked_description(__file__, ARGUMENTS, needed, start)


def needed(given: Mapping[str, str]) -> list[tuple[str, str]]:
    """Name package and executable of everything that is started."""
    return [CONTAINER, (given.get("package", PACKAGE), ""), *needed_optional_segmenter(given)]


def start(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Start the segmenter, and cuVSLAM in a container."""
    given = context.launch_configurations
    sensor = STEREO if given["right_image"] else RGBD
    parameters = [sensor, LaunchConfiguration("cuvslam_file"), *clock_parameters(given)]
    node = ComposableNode(
        package=given["package"],
        plugin="nvidia::isaac_ros::visual_slam::VisualSlamNode",
        name="visual_slam",
        namespace=given["namespace"] or None,
        parameters=parameters,
        remappings=[(theirs, given.get(ours) or ours) for theirs, ours in REMAPPINGS.items()],
    )
    return [
        include_segmenter(optional=True),
        ComposableNodeContainer(
            package=CONTAINER[0],
            executable=CONTAINER[1],
            name="visual_slam_container",
            namespace=given["namespace"],
            composable_node_descriptions=[node],
            output="screen",
        ),
    ]
