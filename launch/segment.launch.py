# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Start the node of one camera: ros2 launch bgflow segment.launch.py --show-args."""

from __future__ import annotations

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import DeclareLaunchArgument, OpaqueFunction, SetEnvironmentVariable
from launch.conditions import IfCondition
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue

from bgflow_ros.launching import checks
from bgflow_ros.launching.arguments import PARAMETERS, SEGMENT, needed
from bgflow_ros.node.fastdds import choose_shared_memory
from bgflow_ros.segmentation.files import share

INPUTS = ("image", "camera_info", "depth")
"""The node's topics that an argument renames."""

OUTPUTS = ("likelihood", "foreground_mask", "static_mask", "overlay", "static_depth/image", "foreground_points")
"""The node's topics that config/segment.rviz shows, under the names that they have without a namespace."""


def generate_launch_description() -> LaunchDescription:
    """Check, declare the arguments and start; what is started depends on their values."""
    return LaunchDescription(
        [
            OpaqueFunction(function=check),
            *(DeclareLaunchArgument(**argument.declaration()) for argument in SEGMENT.values()),
            OpaqueFunction(function=start),
        ]
    )


def check(context: LaunchContext) -> None:
    """Refuse what cannot be started before anything is."""
    given = context.launch_configurations
    checks.check(context, __file__, SEGMENT, lambda: needed(given))


def start(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Start what the arguments ask for."""
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
    """Give what is started here shared memory that holds an image, unless the user has chosen."""
    chosen = dict(context.environment)
    choose_shared_memory(chosen)
    return [SetEnvironmentVariable(name, chosen[name]) for name in chosen.keys() - context.environment.keys()]
