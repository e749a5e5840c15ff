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
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import ComposableNodeContainer
from launch_ros.descriptions import ComposableNode
from launch_ros.parameter_descriptions import ParameterValue

from bgflow_ros.launching import checks
from bgflow_ros.launching.arguments import SEGMENT, SEGMENTER, needed_beside
from bgflow_ros.launching.checks import Argument, parameter_file
from bgflow_ros.segmentation.files import share

REMAPPINGS = {
    "camera_0/color/image": "image",
    "camera_0/color/camera_info": "camera_info",
    "camera_0/depth/image": "depth",
    "camera_0/depth/camera_info": "camera_info",  # depth is registered to the colour image
    "camera_0/mask/image": "segmenter/foreground_mask",
    "camera_0/mask/camera_info": "segmenter/camera_info",
}
"""nvblox's topic: a launch argument, else a topic of the segmenter."""


CONTAINER = ("rclcpp_components", "component_container_mt")
"""Package and executable that the node is loaded into, as in nvblox's own launch files."""
PACKAGE = "nvblox_ros"

ARGUMENTS = {
    argument.name: argument
    for argument in (
        Argument(
            "nvblox_file",
            "Parameter file of nvblox",
            str(share() / "config" / "nvblox.yaml"),
            wrong=parameter_file,
            optional=False,
            path=True,
        ),
        SEGMENTER,
        *SEGMENT.values(),
    )
}
"""Arguments by name."""


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
    checks.check(context, __file__, ARGUMENTS, lambda: [CONTAINER, (PACKAGE, ""), *needed_beside(given)])


def start(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Start the segmenter, and nvblox in a container."""
    given = context.launch_configurations
    parameters = [LaunchConfiguration("nvblox_file")]
    if given["use_sim_time"]:
        parameters.append({"use_sim_time": ParameterValue(LaunchConfiguration("use_sim_time"), value_type=bool)})
    node = ComposableNode(
        package=PACKAGE,
        plugin="nvblox::NvbloxNode",
        name="nvblox_node",
        namespace=given["namespace"] or None,
        parameters=parameters,
        remappings=[(theirs, given.get(ours) or ours) for theirs, ours in REMAPPINGS.items()],
    )
    return [
        segmenter(),
        ComposableNodeContainer(
            package=CONTAINER[0],
            executable=CONTAINER[1],
            name="nvblox_container",
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
