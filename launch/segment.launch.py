# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Start the node of one camera: ros2 launch bgflow segment.launch.py --show-args."""

from __future__ import annotations

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import DeclareLaunchArgument, OpaqueFunction, SetEnvironmentVariable
from launch.conditions import IfCondition
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare

from bgflow_ros.fastdds import choose_shared_memory

CONFIG = PathJoinSubstitution([FindPackageShare("bgflow"), "config"])

ARGUMENTS = {
    "namespace": ("", "Namespace of the node, one for each camera"),
    "image": ("", "Topic of the camera's image; empty: `image` in the namespace"),
    "camera_info": ("", "Topic of the camera's calibration; empty: `camera_info` in the namespace"),
    "depth": ("", "Topic of depth registered to the image; empty: `depth` in the namespace"),
    "params_file": (PathJoinSubstitution([CONFIG, "segment.yaml"]), "Parameter file"),
    "respawn": ("false", "Start the node again when it dies"),
    "log_level": ("info", "debug, info, warn, error or fatal"),
    "rviz": ("false", "Start rviz and show what the node sees"),
}
"""Name: default, description."""

PARAMETERS = {
    "model": (str, "Model folder, or the name of a packaged model"),
    "image_transport": (str, "raw or compressed"),
    "image_qos": (str, "auto, sensor_data or reliable"),
    "ignore_image": (str, "PNG of the camera's size, not black where it sees the robot itself"),
    "min_static": (float, "Share of the picture that the static mask holds at least; see doc/slam.md"),
    "device": (str, "auto, cpu, cuda or tensorrt"),
    "precision": (str, "auto, float32, float16 or int8"),
    "threads": (int, "CPU threads for inference; 0: half the cores for int8, else all"),
    "autostart": (bool, "Configure and activate by itself; false leaves it to a lifecycle manager"),
    "use_sim_time": (bool, "Follow /clock"),
}
"""Arguments that override a parameter of the file where they are given. Name: type, description."""

INPUTS = ("image", "camera_info", "depth")
"""The node's topics that an argument renames."""

OUTPUTS = ("likelihood", "foreground_mask", "static_mask", "overlay", "static_depth/image", "foreground_points")
"""The node's topics that config/segment.rviz shows, under the names that they have without a namespace."""


def generate_launch_description() -> LaunchDescription:
    """Declare the arguments; everything else depends on their values."""
    arguments = [
        DeclareLaunchArgument(name, default_value=default, description=description)
        for name, (default, description) in ARGUMENTS.items()
    ]
    overrides = [
        DeclareLaunchArgument(name, default_value="", description=f"{description}; empty: as in params_file")
        for name, (_, description) in PARAMETERS.items()
    ]
    return LaunchDescription([*arguments, *overrides, OpaqueFunction(function=start)])


def start(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Start what the arguments ask for."""

    def given(name: str) -> str:
        return LaunchConfiguration(name).perform(context)

    namespace = given("namespace") or None
    node = Node(
        package="bgflow",
        executable="segment",
        name="segmenter",
        namespace=namespace,
        parameters=[
            LaunchConfiguration("params_file"),
            *(
                {name: ParameterValue(LaunchConfiguration(name), value_type=kind)}
                for name, (kind, _) in PARAMETERS.items()
                if given(name)
            ),
        ],
        remappings=[(topic, given(topic)) for topic in INPUTS if given(topic)],
        ros_arguments=["--log-level", LaunchConfiguration("log_level")],
        respawn=IfCondition(LaunchConfiguration("respawn")).evaluate(context),
        output="screen",
    )
    rviz = Node(
        package="rviz2",
        executable="rviz2",
        namespace=namespace,
        arguments=["-d", PathJoinSubstitution([CONFIG, "segment.rviz"])],
        # The names in that file are absolute; relative ones follow the namespace.
        remappings=[
            ("/image", given("image") or "image"),
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
