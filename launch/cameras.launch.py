# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Start a node for each of several cameras: ros2 launch bgflow cameras.launch.py cameras:=front,left, doc/cameras.md.

All arguments of segment.launch.py but `namespace` are arguments of this file too, and hold for every camera.
"""

from __future__ import annotations

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import DeclareLaunchArgument, GroupAction, IncludeLaunchDescription, OpaqueFunction
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import PathJoinSubstitution
from launch_ros.substitutions import FindPackageShare

SEGMENT = PathJoinSubstitution([FindPackageShare("bgflow"), "launch", "segment.launch.py"])

TOPICS = {
    "image": "/{camera}/color/image_raw",
    "camera_info": "/{camera}/color/camera_info",
    "depth": "/{camera}/aligned_depth_to_color/image_raw",
}
"""Argument of segment.launch.py that names a topic: default, where {camera} stands for the camera's name."""


def generate_launch_description() -> LaunchDescription:
    """Declare the cameras and their topics; how many there are depends on the values."""
    return LaunchDescription(
        [
            DeclareLaunchArgument("cameras", description="Names with commas between; each is its node's namespace"),
            *(
                DeclareLaunchArgument(name, default_value=default, description=f"Topic of every camera's {name}")
                for name, default in TOPICS.items()
            ),
            OpaqueFunction(function=start),
        ]
    )


def start(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Start one segmenter, a process of its own, for each camera."""
    given = context.launch_configurations
    patterns = {name: given[name] for name in TOPICS}
    # A scope for each: what one camera's include sets must not be what the next one finds.
    return [
        GroupAction([IncludeLaunchDescription(PythonLaunchDescriptionSource(SEGMENT), launch_arguments=values.items())])
        for values in of_cameras(given["cameras"], patterns)
    ]


def of_cameras(cameras: str, patterns: dict[str, str]) -> list[dict[str, str]]:
    """Launch arguments of each camera's segmenter.

    Args:
        cameras: names with commas between.
        patterns: topics by argument, where {camera} stands for the name.

    Raises:
        ValueError: a name is missing or comes twice.
    """
    names = [name.strip() for name in cameras.split(",")]
    if not all(names) or len(set(names)) < len(names):
        raise ValueError(f"cameras is {cameras!r}; expected different names with commas between, such as front,left")
    return [
        {"namespace": name} | {topic: pattern.replace("{camera}", name) for topic, pattern in patterns.items()}
        for name in names
    ]
