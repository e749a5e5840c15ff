# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Map with RTAB-Map, whose map never sees the depth of what is not static: doc/rtabmap.md.

All arguments of segment.launch.py are arguments of this file too: ros2 launch bgflow rtabmap.launch.py --show-args.
"""

from __future__ import annotations

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription, OpaqueFunction
from launch.conditions import IfCondition
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue

from bgflow_ros.launching import checks
from bgflow_ros.launching.arguments import MIN_STATIC, SEGMENT, SEGMENTER, needed_beside
from bgflow_ros.launching.checks import Argument, parameter_file, topic
from bgflow_ros.segmentation.files import share

NODES = {
    "odometry_sync": ("rtabmap_sync", "rgbd_sync"),
    "rgbd_odometry": ("rtabmap_odom", "rgbd_odometry"),
    "static_sync": ("rtabmap_sync", "rgbd_sync"),
    "rtabmap": ("rtabmap_slam", "rtabmap"),
}
"""Node's name: package and executable."""

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
"""RTAB-Map's topics by node: a launch argument, a topic of the segmenter, or one that joins RTAB-Map's nodes."""


ARGUMENTS = {
    argument.name: argument
    for argument in (
        Argument(
            "rtabmap_file",
            "Parameter file of RTAB-Map",
            str(share() / "config" / "rtabmap.yaml"),
            wrong=parameter_file,
            optional=False,
            path=True,
        ),
        Argument("imu", "Topic of an IMU with orientation, to wait for; empty: none", wrong=topic),
        SEGMENTER,
        *SEGMENT.values(),
        Argument(
            "min_static",
            "Share of the image that the map may use at least, the likeliest background first, 0 to 1",
            "0.7",
            wrong=MIN_STATIC,
        ),
    )
}
"""Arguments by name; of those of segment.launch.py, one has another default."""


def generate_launch_description() -> LaunchDescription:
    """Check, declare the arguments and start; what is started depends on their values."""
    return LaunchDescription(
        [
            OpaqueFunction(function=check),
            *(DeclareLaunchArgument(**argument.declaration()) for argument in ARGUMENTS.values()),
            OpaqueFunction(function=start),
        ]
    )


def check(context: LaunchContext) -> None:
    """Refuse what cannot be started before anything is."""
    given = context.launch_configurations
    checks.check(context, __file__, ARGUMENTS, lambda: [*NODES.values(), *needed_beside(given)])


def start(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Start the segmenter and RTAB-Map's nodes."""
    given = context.launch_configurations
    parameters = [LaunchConfiguration("rtabmap_file")]
    if given["use_sim_time"]:
        parameters.append({"use_sim_time": ParameterValue(LaunchConfiguration("use_sim_time"), value_type=bool)})
    if given["imu"]:
        parameters.append({"wait_imu_to_init": True})
    return [
        segmenter(),
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


def segmenter() -> LaunchDescriptionEntity:
    """Start the segmenter, unless told that it runs."""
    return IncludeLaunchDescription(
        PythonLaunchDescriptionSource(str(share() / "launch" / "segment.launch.py")),
        condition=IfCondition(LaunchConfiguration("segmenter")),
    )
