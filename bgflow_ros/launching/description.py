# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Parts that the launch files share. Imports launch, which only a full ROS has."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import DeclareLaunchArgument, GroupAction, IncludeLaunchDescription, OpaqueFunction
from launch.conditions import IfCondition
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue

from bgflow_ros.launching.arguments import MANAGER
from bgflow_ros.launching.checks import Argument, check_launch
from bgflow_ros.segmentation.files import share

__all__ = ["checked_description", "clock_parameters", "include_segmenter", "managed_segmenter"]


def checked_description(
    path: str,
    arguments: Mapping[str, Argument],
    needed: Callable[[Mapping[str, str]], Iterable[tuple[str, str]]],
    start: Callable[[LaunchContext], list[LaunchDescriptionEntity]],
) -> LaunchDescription:
    """Describe a launch that checks everything, declares its arguments and starts.

    Args:
        path: path of the launch file.
        arguments: arguments of the launch file by name.
        needed: gives package and executable of everything that `start` starts, from the values that were given.
        start: gives what is started, once every argument has a value in the context.
    """

    def check(context: LaunchContext) -> None:
        check_launch(context, path, arguments, lambda: needed(context.launch_configurations))

    return LaunchDescription(
        [
            OpaqueFunction(function=check),
            *(DeclareLaunchArgument(**argument.declaration()) for argument in arguments.values()),
            OpaqueFunction(function=start),
        ]
    )


def include_segmenter(
    arguments: Mapping[str, str] | None = None, *, optional: bool = False
) -> IncludeLaunchDescription:
    """Include segment.launch.py, which takes all other arguments from the context.

    Args:
        arguments: launch arguments that differ from the context's.
        optional: include it only where the launch argument `segmenter` is true.
    """
    return IncludeLaunchDescription(
        PythonLaunchDescriptionSource(str(share() / "launch" / "segment.launch.py")),
        launch_arguments=(arguments or {}).items(),
        condition=IfCondition(LaunchConfiguration("segmenter")) if optional else None,
    )


def managed_segmenter(given: Mapping[str, str], file: str) -> GroupAction:
    """Include segment.launch.py unconfigured, with the lifecycle manager of Nav2 that configures and activates it.

    Args:
        given: values of the launch arguments.
        file: launch argument that names the manager's parameter file.
    """
    manager = Node(
        **MANAGER,
        namespace=given["namespace"] or None,
        output="screen",
        parameters=[LaunchConfiguration(file), *clock_parameters(given)],
    )
    # A scope of its own: Nav2's launch files too have an argument `autostart`, which must not become false.
    return GroupAction([include_segmenter({"autostart": "false"}), manager])


def clock_parameters(given: Mapping[str, str]) -> list[dict[str, Any]]:
    """Make a node's parameter `use_sim_time` from the launch argument; none where the argument is empty."""
    if not given["use_sim_time"]:
        return []
    return [{"use_sim_time": ParameterValue(LaunchConfiguration("use_sim_time"), value_type=bool)}]
