# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Map with nvblox, which keeps foreground out of the static map: doc/nvidia.md.

All arguments of segment.launch.py are arguments of this file too: ros2 launch bgflow nvblox.launch.py --show-args.
"""

from __future__ import annotations

from collections.abc import Mapping

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import ComposableNodeContainer
from launch_ros.descriptions import ComposableNode

from bgflow_ros.launching.arguments import SEGMENT, SEGMENTER, needed_optional_segmenter, parameter_file_argument
from bgflow_ros.launching.description import checked_description, clock_parameters, include_segmenter

REMAPPINGS = {
    "camera_0/color/image": "image",
    "camera_0/color/camera_info": "camera_info",
    "camera_0/depth/image": "depth",
    "camera_0/depth/camera_info": "camera_info",  # depth is registered to the colour image
    "camera_0/mask/image": "segmenter/foreground_mask",
    "camera_0/mask/camera_info": "segmenter/camera_info",
}
"""Topics of nvblox, and the launch argument or topic of the segmenter for each."""


CONTAINER = ("rclcpp_components", "component_container_mt")
"""Package and executable that the node is loaded into, as in nvblox's own launch files."""
PACKAGE = "nvblox_ros"

ARGUMENTS = {
    argument.name: argument
    for argument in (
        parameter_file_argument("nvblox_file", "Parameter file of nvblox", "nvblox.yaml"),
        SEGMENTER,
        *SEGMENT.values(),
    )
}
"""Arguments by name."""


def generate_launch_description() -> LaunchDescription:
    """Describe the launch; what is started depends on the values of the arguments."""
    return checked_description(__file__, ARGUMENTS, needed, start)


def needed(given: Mapping[str, str]) -> list[tuple[str, str]]:
    """Name package and executable of everything that is started."""
    return [CONTAINER, (PACKAGE, ""), *needed_optional_segmenter(given)]


def start(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Start the segmenter, and nvblox in a container."""
    given = context.launch_configurations
    parameters = [LaunchConfiguration("nvblox_file"), *clock_parameters(given)]
    node = ComposableNode(
        package=PACKAGE,
        plugin="nvblox::NvbloxNode",
        name="nvblox_node",
        namespace=given["namespace"] or None,
        parameters=parameters,
        remappings=[(theirs, given.get(ours) or ours) for theirs, ours in REMAPPINGS.items()],
    )
    return [
        include_segmenter(optional=True),
        ComposableNodeContainer(
            package=CONTAINER[0],
            executable=CONTAINER[1],
            name="nvblox_container",
            namespace=given["namespace"],
            composable_node_descriptions=[node],
            output="screen",
        ),
    ]
