# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Foreground for Nav2's local costmap, beside a Nav2 that is started elsewhere: doc/nav2.md.

All arguments of segment.launch.py but `autostart` are arguments of this file too, see --show-args.
"""

from __future__ import annotations

from collections.abc import Mapping

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch_ros.actions import Node

from bgflow_ros.launching.arguments import MANAGED, needed_managed_segmenter, parameter_file_argument
from bgflow_ros.launching.description import checked_description, clock_parameters, managed_segmenter

CLOUD = {"package": "depth_image_proc", "executable": "point_cloud_xyz_node", "name": "depth_points"}
"""Node that makes points of the full depth, which clear the costmap."""

ARGUMENTS = {
    "nav2_file": parameter_file_argument(
        "nav2_file", "Parameter file with the segmenter's lifecycle manager", "nav2_costmap.yaml"
    ),
    **MANAGED,
}
"""Arguments by name."""


def generate_launch_description() -> LaunchDescription:
    """Describe the launch; what is started depends on the values of the arguments."""
    return checked_description(__file__, ARGUMENTS, needed, start)


def needed(given: Mapping[str, str]) -> list[tuple[str, str]]:
    """Name package and executable of everything that is started."""
    return [(CLOUD["package"], CLOUD["executable"]), *needed_managed_segmenter(given)]


def start(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Start the unconfigured segmenter, its lifecycle manager, and the node that makes points of the full depth."""
    given = context.launch_configurations
    depth = given["depth"] or "depth"
    return [
        managed_segmenter(given, "nav2_file"),
        Node(
            **CLOUD,
            namespace=given["namespace"] or None,
            output="screen",
            parameters=clock_parameters(given),
            remappings=[("image_rect", depth), ("camera_info", sibling(depth)), ("points", "depth_points")],
        ),
    ]


def sibling(topic: str) -> str:
    """Topic camera_info beside an image, where newer distributions look for it whatever the remappings say."""
    return topic[: topic.rfind("/") + 1] + "camera_info"
