# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Start a node for each of several cameras: ros2 launch bgflow cameras.launch.py cameras:=front,left, doc/cameras.md.

All arguments of segment.launch.py but `namespace` are arguments of this file too, and hold for every camera.
"""

from __future__ import annotations

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import GroupAction

from bgflow_ros.launching import checks
from bgflow_ros.launching.arguments import SEGMENT, needed_segmenter
from bgflow_ros.launching.checks import Argument
from bgflow_ros.launching.description import checked_description, include_segmenter

TOPICS = {
    "image": "/{camera}/color/image_raw",
    "camera_info": "/{camera}/color/camera_info",
    "depth": "/{camera}/aligned_depth_to_color/image_raw",
}
"""Default topics by argument of segment.launch.py; {camera} stands for the name of the camera."""


def names(cameras: str) -> list[str]:
    """Split names that are separated by commas, without the spaces around them."""
    return [name.strip() for name in cameras.split(",")]


def camera_names(cameras: str) -> str:
    """Expect names that are namespaces of ROS below the root, each once."""
    found = names(cameras)
    if len(set(found)) == len(found) and not any(name.startswith("/") or checks.namespace(name) for name in found):
        return ""
    return "different names with commas between, such as front,left; letters, digits and single _"


def topic_pattern(pattern: str) -> str:
    """Expect a topic of ROS, once a camera's name stands in it."""
    return checks.topic(pattern.replace("{camera}", "camera"))


ARGUMENTS = {
    "cameras": Argument(
        "cameras",
        "Names with commas between; each is its node's namespace",
        default=None,
        check=camera_names,
        optional=False,
    ),
    **{
        name: Argument(
            name, f"Topic of every camera's {name}; {{camera}} stands for its name", default, (), topic_pattern
        )
        for name, default in TOPICS.items()
    },
    **{name: argument for name, argument in SEGMENT.items() if name not in {"namespace", *TOPICS}},
}


def generate_launch_description() -> LaunchDescription:
    """Describe the launch; what is started depends on the values of the arguments."""
    return checked_description(__file__, ARGUMENTS, needed_segmenter, start)


def start(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Start one segmenter, a process of its own, for each camera."""
    given = context.launch_configurations
    patterns = {name: given[name] for name in TOPICS}
    # A scope for each, so that the arguments of one camera do not reach the next.
    return [GroupAction([include_segmenter(values)]) for values in of_cameras(given["cameras"], patterns)]


def of_cameras(cameras: str, patterns: dict[str, str]) -> list[dict[str, str]]:
    """Make the launch arguments of each camera's segmenter.

    Args:
        cameras: names with commas between.
        patterns: topics by argument, where {camera} stands for the name.
    """
    return [
        {"namespace": name} | {topic: pattern.replace("{camera}", name) for topic, pattern in patterns.items()}
        for name in names(cameras)
    ]
