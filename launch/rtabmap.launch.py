# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Map with RTAB-Map, which maps no depth of foreground: doc/rtabmap.md.

All arguments of segment.launch.py are arguments of this file too: ros2 launch bgflow rtabmap.launch.py --show-args.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

from bgflow_ros.launching.arguments import (
    SEGMENT,
    SEGMENTER,
    needed_optional_segmenter,
    parameter_file_argument,
)
from bgflow_ros.launching.checks import Argument, topic
from bgflow_ros.launching.description import checked_description, clock_parameters, include_segmenter

NODES = {
    "odometry_sync": ("rtabmap_sync", "rgbd_sync"),
    "rgbd_odometry": ("rtabmap_odom", "rgbd_odometry"),
    "static_sync": ("rtabmap_sync", "rgbd_sync"),
    "rtabmap": ("rtabmap_slam", "rtabmap"),
}
"""Package and executable by name of the node."""

REMAPPINGS = {
    "odometry_sync": {
        "rgb/image": "image",
        "rgb/camera_info": "camera_info",
        "depth/image": "depth",
        "rgbd_image": "odometry/rgbd_image",
    },
    "rgbd_odometry": {"rgbd_image": "odometry/rgbd_image", "imu": "imu"},
    "static_sync": {
        "rgb/image": "image",
        "rgb/camera_info": "camera_info",
        "depth/image": "segmenter/static_depth/image",
    },
    "rtabmap": {"imu": "imu"},
}
"""Topics of RTAB-Map by node, and for each a launch argument, a topic of the segmenter, or one between these nodes."""


ARGUMENTS = {
    argument.name: argument
    for argument in (
        parameter_file_argument("rtabmap_file", "Parameter file of RTAB-Map", "rtabmap.yaml"),
        Argument("imu", "Topic of an IMU with orientation, to wait for; empty: none", check=topic),
        SEGMENTER,
        *SEGMENT.values(),
        replace(
            SEGMENT["depth_keeps"],
            description="What the map holds: what is surely static, or all that is not foreground, see doc/rtabmap.md",
            default="not_foreground",
        ),
    )
}
"""Arguments by name; depth_keeps has another default than in segment.launch.py."""


def generate_launch_description() -> LaunchDescription:
    """Describe the launch; what is started depends on the values of the arguments."""
    return checked_description(__file__, ARGUMENTS, needed, start)


def needed(given: Mapping[str, str]) -> list[tuple[str, str]]:
    """Name package and executable of everything that is started."""
    return [*NODES.values(), *needed_optional_segmenter(given)]


def start(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Start the segmenter and RTAB-Map's nodes."""
    given = context.launch_configurations
    parameters = [LaunchConfiguration("rtabmap_file"), *clock_parameters(given)]
    if given["imu"]:
        parameters.append({"wait_imu_to_init": True})
    return [
        include_segmenter(optional=True),
        *(
            Node(
                package=package,
                executable=executable,
                name=name,
                namespace=given["namespace"] or None,
                parameters=parameters,
                remappings=[(theirs, given.get(ours) or ours) for theirs, ours in REMAPPINGS[name].items()],
                output="screen",
            )
            for name, (package, executable) in NODES.items()
        ),
    ]
