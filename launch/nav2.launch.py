# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Foreground for Nav2's local costmap, beside a Nav2 that is started elsewhere: doc/nav2.md.

All arguments of segment.launch.py but `autostart` are arguments of this file too, see --show-args.
"""

from __future__ import annotations

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import DeclareLaunchArgument, GroupAction, IncludeLaunchDescription, OpaqueFunction
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue

from bgflow_ros.launching import checks
from bgflow_ros.launching.arguments import SEGMENT, needed
from bgflow_ros.launching.checks import Argument, parameter_file
from bgflow_ros.segmentation.files import share

MANAGER = {
    "package": "nav2_lifecycle_manager",
    "executable": "lifecycle_manager",
    "name": "lifecycle_manager_segmenter",
}
CLOUD = {"package": "depth_image_proc", "executable": "point_cloud_xyz_node", "name": "depth_points"}
"""Who configures and activates the segmenter, and who makes points of the full depth, which clear."""

ARGUMENTS = {
    "nav2_file": Argument(
        "nav2_file",
        "Parameter file with the segmenter's lifecycle manager",
        str(share() / "config" / "nav2_costmap.yaml"),
        wrong=parameter_file,
        optional=False,
        path=True,
    ),
    **{name: argument for name, argument in SEGMENT.items() if name != "autostart"},
}
"""Arguments by name."""


def generate_launch_description() -> LaunchDescription:
    """Check, declare the arguments and start; what is started depends on their values."""
    return LaunchDescription(
        [
            OpaqueFunction(function=check),
            *(DeclareLaunchArgument(**argument.declaration()) for argument in ARGUMENTS.values()),
            # A scope of its own: Nav2's launch files too have an argument `autostart`, which must not become false.
            GroupAction([OpaqueFunction(function=start)]),
        ]
    )


def check(context: LaunchContext) -> None:
    """Refuse what cannot be started before anything is."""
    given = context.launch_configurations
    executables = [(node["package"], node["executable"]) for node in (MANAGER, CLOUD)]
    checks.check(context, __file__, ARGUMENTS, lambda: [*executables, *needed(given)])


def start(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Start the segmenter unconfigured, who leads it, and who makes the cloud of the full depth, which clears."""
    given = context.launch_configurations
    clock = {}
    if given["use_sim_time"]:
        clock = {"use_sim_time": ParameterValue(LaunchConfiguration("use_sim_time"), value_type=bool)}
    depth = given["depth"] or "depth"
    common = {"namespace": given["namespace"] or None, "output": "screen"}
    return [
        IncludeLaunchDescription(
            PythonLaunchDescriptionSource(str(share() / "launch" / "segment.launch.py")),
            launch_arguments={"autostart": "false"}.items(),
        ),
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
