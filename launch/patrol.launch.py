# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Segment the camera and report what does not belong into the building: doc/patrol.md.

All arguments of segment.launch.py are arguments of this file too: ros2 launch bgflow patrol.launch.py --show-args.
"""

from __future__ import annotations

from collections.abc import Mapping

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

from bgflow_ros.launching.arguments import SEGMENT, SEGMENTER, needed_optional_segmenter, parameter_file_argument
from bgflow_ros.launching.description import checked_description, clock_parameters, include_segmenter

ARGUMENTS = {
    argument.name: argument
    for argument in (
        parameter_file_argument("patrol_file", "Parameter file of the patrol", "patrol.yaml"),
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
    return [("bgflow", "patrol"), *needed_optional_segmenter(given)]


def start(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Start the segmenter and the patrol."""
    given = context.launch_configurations
    patrol = Node(
        package="bgflow",
        executable="patrol",
        name="patrol",
        namespace=given["namespace"],
        parameters=[LaunchConfiguration("patrol_file"), *clock_parameters(given)],
        output="screen",
    )
    return [include_segmenter(optional=True), patrol]
