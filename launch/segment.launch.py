# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Start the node of one camera: ros2 launch bgflow segment.launch.py --show-args."""

from __future__ import annotations

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import SetEnvironmentVariable
from launch.conditions import IfCondition
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue

from bgflow_ros.launching.arguments import PARAMETERS, SEGMENT, needed_segmenter
from bgflow_ros.launching.description import checked_description
from bgflow_ros.node.fastdds import choose_shared_memory
from bgflow_ros.segmentation.files import share

INPUTS = ("image", "camera_info", "depth")
"""Topics of the node that an argument renames."""

OUTPUTS = ("likelihood", "foreground_mask", "static_mask", "overlay", "static_depth/image", "foreground_points")
"""Topics of the node that config/segment.rviz shows, without their namespace."""


def generate_launch_description() -> LaunchDescription:
    """Describe the launch; what is started depends on the values of the arguments."""
    return checked_description(__file__, SEGMENT, needed_segmenter, start)


def start(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Start the node and, where asked for, rviz."""
    given = context.launch_configurations
    namespace = given["namespace"] or None
    node = Node(
        package="bgflow",
        executable="segment",
        name="segmenter",
        namespace=namespace,
        parameters=[
            LaunchConfiguration("params_file"),
            *(
                {name: ParameterValue(LaunchConfiguration(name), value_type=kind)}
                for name, kind in PARAMETERS.items()
                if given[name]
            ),
        ],
        remappings=[(topic, given[topic]) for topic in INPUTS if given[topic]],
        ros_arguments=["--log-level", LaunchConfiguration("log_level")],
        respawn=IfCondition(LaunchConfiguration("respawn")).evaluate(context),
        respawn_delay=float(given["respawn_delay"]),
        output="screen",
    )
    rviz = Node(
        package="rviz2",
        executable="rviz2",
        namespace=namespace,
        arguments=["-d", str(share() / "config" / "segment.rviz")],
        # The names in that file are absolute; relative ones follow the namespace.
        remappings=[
            ("/image", given["image"] or "image"),
            *((f"/segmenter/{topic}", f"segmenter/{topic}") for topic in OUTPUTS),
        ],
        condition=IfCondition(LaunchConfiguration("rviz")),
    )
    return [*shared_memory(context), node, rviz]


def shared_memory(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Set the environment variables of a Fast DDS profile with room for an image, unless the user has chosen one."""
    chosen = dict(context.environment)
    choose_shared_memory(chosen)
    return [SetEnvironmentVariable(name, chosen[name]) for name in chosen.keys() - context.environment.keys()]
