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
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import ComposableNodeContainer
from launch_ros.descriptions import ComposableNode
from launch_ros.parameter_descriptions import ParameterValue

from bgflow_ros.launching import checks
from bgflow_ros.launching.arguments import MIN_STATIC, SEGMENT, SEGMENTER, needed_beside
from bgflow_ros.launching.checks import Argument, parameter_file, topic
from bgflow_ros.segmentation.files import share

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


CONTAINER = ("rclcpp_components", "component_container_mt")
"""Package and executable that the node is loaded into; its own executable overrides `rectified_images`."""
PACKAGE = "isaac_ros_visual_slam"

ARGUMENTS = {
    argument.name: argument
    for argument in (
        Argument(
            "cuvslam_file",
            "Parameter file of cuVSLAM",
            str(share() / "config" / "cuvslam.yaml"),
            wrong=parameter_file,
            optional=False,
            path=True,
        ),
        Argument("right_image", "Topic of a stereo camera's right image; `image` is then the left one", wrong=topic),
        Argument("right_camera_info", "Topic of the right camera's calibration", wrong=topic),
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
            wrong=MIN_STATIC,
        ),
    )
}
"""Arguments by name; of those of segment.launch.py, one has another default."""


def generate_launch_description() -> LaunchDescription:
    """Check, declare the arguments and start; what is started depends on their values."""
    return LaunchDescription(
        [
            OpaqueFunction(function=check),
            *(DeclareLaunchArgument(**argument.declaration()) for argument in ARGUMENTS.values()),
            OpaqueFunction(function=start),
        ]
    )


def check(context: LaunchContext) -> None:
    """Refuse what cannot be started before anything is."""
    given = context.launch_configurations
    checks.check(
        context, __file__, ARGUMENTS, lambda: [CONTAINER, (given.get("package", PACKAGE), ""), *needed_beside(given)]
    )


def start(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Start the segmenter, and cuVSLAM in a container."""
    given = context.launch_configurations
    parameters = [STEREO if given["right_image"] else RGBD, LaunchConfiguration("cuvslam_file")]
    if given["use_sim_time"]:
        parameters.append({"use_sim_time": ParameterValue(LaunchConfiguration("use_sim_time"), value_type=bool)})
    node = ComposableNode(
        package=given["package"],
        plugin="nvidia::isaac_ros::visual_slam::VisualSlamNode",
        name="visual_slam",
        namespace=given["namespace"] or None,
        parameters=parameters,
        remappings=[(theirs, given.get(ours) or ours) for theirs, ours in REMAPPINGS.items()],
    )
    return [
        segmenter(),
        ComposableNodeContainer(
            package=CONTAINER[0],
            executable=CONTAINER[1],
            name="visual_slam_container",
            namespace=given["namespace"],
            composable_node_descriptions=[node],
            output="screen",
        ),
    ]


def segmenter() -> LaunchDescriptionEntity:
    """Start the segmenter, unless told that it runs."""
    return IncludeLaunchDescription(
        PythonLaunchDescriptionSource(str(share() / "launch" / "segment.launch.py")),
        condition=IfCondition(LaunchConfiguration("segmenter")),
    )
