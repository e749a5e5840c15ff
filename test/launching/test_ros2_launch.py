# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Every launch file run by the real `ros2 launch`, with everything that it starts present or missing."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

pytest.importorskip("rclpy", reason="needs rclpy, from ROS or its wheels")
pytest.importorskip("ros2launch", reason="needs ros2 launch, from ROS")

from support.launched import ROOT, Launch, Workspace, ros2
from support.robot import Robot

from bgflow_ros.launching.arguments import SEGMENT

FILES = {
    "segment": (["rviz:=true"], ["segment", "rviz2"]),
    "cameras": (["cameras:=front,left", "rviz:=true"], ["segment", "segment", "rviz2", "rviz2"]),
    "nav2": ([], ["segment", "lifecycle_manager", "point_cloud_xyz_node"]),
    "semantic_costmap": ([], ["segment", "lifecycle_manager"]),
    "rtabmap": ([], ["segment", "rgbd_sync", "rgbd_sync", "rgbd_odometry", "rtabmap"]),
    "cuvslam": ([], ["segment", "component_container_mt"]),
    "nvblox": ([], ["segment", "component_container_mt"]),
    "patrol": (["model:=default"], ["segment", "patrol"]),
}
"""Arguments, and the executables that are then started."""
NEEDED = {
    "segment": ["bgflow", "rviz2"],
    "cameras": ["bgflow", "rviz2"],
    "nav2": ["nav2_lifecycle_manager", "depth_image_proc"],
    "semantic_costmap": ["nav2_lifecycle_manager", "vision_msgs"],
    "rtabmap": ["rtabmap_sync", "rtabmap_odom", "rtabmap_slam"],
    "cuvslam": ["rclcpp_components", "isaac_ros_visual_slam"],
    "nvblox": ["rclcpp_components", "nvblox_ros"],
}
"""Packages of everything that is started; those of the segmenter are listed once."""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A workspace with a stand-in for everything."""
    return Workspace(tmp_path / "prefix")


@pytest.fixture
def launch(workspace: Workspace) -> Iterator[Callable[..., Launch]]:
    """Starts launch files, and ends them after the test."""
    launches: list[Launch] = []

    def start(file: str, *arguments: str) -> Launch:
        launches.append(Launch(workspace, file, *arguments))
        return launches[-1]

    yield start
    for launch in launches:
        launch.close()


def refused(launch: Launch, workspace: Workspace) -> str:
    """The line with which a launch file ended that started nothing."""
    assert launch.process.wait(60) == 1
    [line] = launch.said()
    assert "Traceback" not in "".join(launch.output())
    assert not workspace.started()
    assert not workspace.left()
    return line


@pytest.mark.parametrize(("file", "package"), [(file, name) for file, names in NEEDED.items() for name in names])
def test_a_missing_package_is_told_before_anything_starts(
    launch, workspace: Workspace, file: str, package: str
) -> None:
    workspace.remove(package)
    line = refused(launch(file, *FILES[file][0]), workspace)
    assert f"package {package}" in line
    if package.startswith(("isaac", "nvblox")):
        assert "doc/nvidia.md" in line
    elif package != "bgflow":
        distribution = workspace.environment().get("ROS_DISTRO", "$ROS_DISTRO")
        assert line.endswith(f"sudo apt install ros-{distribution}-{package.replace('_', '-')}")


def test_all_that_is_missing_is_told_in_one_line(launch, workspace: Workspace) -> None:
    missing = ["rtabmap_sync", "rtabmap_odom", "rtabmap_slam", "rviz2"]
    for package in missing:
        workspace.remove(package)
    assert ", ".join(missing) in refused(launch("rtabmap", "rviz:=true"), workspace)


@pytest.mark.parametrize("file", FILES)
def test_everything_starts_and_ends(launch, workspace: Workspace, file: str) -> None:
    arguments, expected = FILES[file]
    running = launch(file, *arguments)
    assert running.until(lambda: len(workspace.started()) >= len(expected)), running.output()
    assert Counter(line.split()[0] for line in workspace.started()) == Counter(expected)
    if "component_container_mt" not in expected:  # a stand-in loads no plugin, for which launch waits and waits
        running.finish()
        assert not workspace.left()


@pytest.mark.parametrize("file", ["rtabmap", "cuvslam", "nvblox"])
def test_a_consumer_joins_a_segmenter_that_runs_already(launch, workspace: Workspace, file: str) -> None:
    workspace.remove("bgflow")
    running = launch(file, "segmenter:=false", "namespace:=head", "image:=/color")
    count = len(FILES[file][1]) - 1
    assert running.until(lambda: len(workspace.started()) >= count), running.output()
    assert len(workspace.started()) == count
    assert all("__ns:=/head" in line for line in workspace.started())


def test_every_camera_s_node_has_its_own_namespace_and_topics(launch, workspace: Workspace) -> None:
    running = launch("cameras", "cameras:=front, left/top", "image:=/{camera}/rgb", "device:=cpu")
    assert running.until(lambda: len(workspace.started()) == 2), running.output()
    for camera in ("front", "left/top"):
        [line] = [line for line in workspace.started() if f"__ns:=/{camera}" in line]
        assert f"-r image:=/{camera}/rgb -r camera_info:=/{camera}/color/camera_info" in line
        assert "__node:=segmenter" in line


@pytest.mark.parametrize("file", ["nav2", "semantic_costmap"])
def test_nav2_s_manager_is_left_to_start_the_segmenter(launch, workspace: Workspace, file: str) -> None:
    running = launch(file, "depth:=/camera/depth")
    assert running.until(lambda: len(workspace.started()) == len(FILES[file][1])), running.output()
    [line] = [line for line in workspace.started() if line.startswith("segment ")]
    files = [part.split()[0] for part in line.split("--params-file ")[1:]]
    [overrides] = yaml.safe_load(Path(files[-1]).read_text()).values()
    assert overrides == {"ros__parameters": {"autostart": False}}
    clouds = [line for line in workspace.started() if line.startswith("point_cloud_xyz_node ")]
    assert len(clouds) == (file == "nav2")
    assert all("-r image_rect:=/camera/depth -r camera_info:=/camera/camera_info" in cloud for cloud in clouds)


@pytest.mark.parametrize(
    ("file", "argument", "named"),
    [
        ("segment", "threads:=x", "threads is 'x'"),
        ("segment", "device:=gpu", "device is 'gpu'"),
        ("segment", "rviz:=yes", "rviz is 'yes'"),
        ("segment", "log_level:=loud", "log_level is 'loud'"),
        ("segment", "respawn_delay:=soon", "respawn_delay is 'soon'"),
        ("segment", "image:=//x", "image is '//x'"),
        ("segment", "imgae:=/x", "imgae is not an argument of segment.launch.py; did you mean image?"),
        ("cuvslam", "min_static:=abc", "min_static is 'abc'"),
        ("rtabmap", "depth_keeps:=all", "depth_keeps is 'all'"),
        ("rtabmap", "segmenter:=no", "segmenter is 'no'"),
        ("nvblox", "namespace:=bad-ns", "namespace is 'bad-ns'"),
        ("cuvslam", "params_file:=/nowhere.yaml", "params_file is '/nowhere.yaml'"),
        ("cuvslam", "cuvslam_file:=/nowhere.yaml", "cuvslam_file is '/nowhere.yaml'"),
        ("cuvslam", "package:=isaac_ros", "package isaac_ros not found"),
        ("nav2", "autostart:=true", "autostart is not an argument of nav2.launch.py"),
        ("cameras", "cameras:=a,,b", "cameras is 'a,,b'"),
        ("cameras", "image:=/{camera}/bad-name", "image is '/{camera}/bad-name'"),
    ],
)
def test_a_bad_value_names_its_argument_before_anything_starts(
    launch, workspace: Workspace, file: str, argument: str, named: str
) -> None:
    arguments = FILES[file][0] if not argument.startswith(("cameras", "rviz")) else []
    assert named in refused(launch(file, *arguments, argument), workspace)


def test_cameras_must_be_named(launch, workspace: Workspace) -> None:
    assert "'cameras'" in refused(launch("cameras"), workspace)


@pytest.mark.parametrize("file", FILES)
def test_all_arguments_are_listed(workspace: Workspace, file: str) -> None:
    command = ros2("launch", "bgflow", f"{file}.launch.py", "--show-args")
    done = subprocess.run(
        command, env=workspace.environment(), cwd=workspace.prefix, capture_output=True, text=True, check=True
    )
    listed = {line.strip()[1:-2] for line in done.stdout.splitlines() if line.startswith("    '")}
    lacking = {"cameras": {"namespace"}, "nav2": {"autostart"}, "semantic_costmap": {"autostart"}}.get(file, set())
    own = {
        "cameras": {"cameras"},
        "nav2": {"nav2_file"},
        "semantic_costmap": {"costmap_file"},
        "rtabmap": {"rtabmap_file", "imu", "segmenter"},
        "cuvslam": {"cuvslam_file", "right_image", "right_camera_info", "package", "segmenter"},
        "nvblox": {"nvblox_file", "segmenter"},
        "patrol": {"patrol_file", "segmenter"},
    }.get(file, set())
    assert listed == SEGMENT.keys() - lacking | own


def test_a_node_that_dies_is_started_again_after_the_delay(launch, workspace: Workspace) -> None:
    workspace.write("bgflow", "segment", f'#!/bin/sh\ndate +%s.%N >> "{workspace.prefix}/started"\nexit 3\n')
    running = launch("segment", "respawn:=true", "respawn_delay:=0.5")
    assert running.until(lambda: len(workspace.started()) >= 3), running.output()
    times = [float(line) for line in workspace.started()[:3]]
    assert all(later - earlier >= 0.5 for earlier, later in pairwise(times))


@pytest.fixture
def running(launch, workspace: Workspace, tiny: Path) -> Launch:
    """A launch of the node itself, in a namespace, with the packaged parameter file."""
    workspace.write_node()
    return launch("segment", "namespace:=/launched", f"model:={tiny}", "device:=cpu", "threads:=1")


@pytest.fixture
def led(running: Launch) -> Iterator[Robot]:
    """The robot around that node."""
    robot = Robot("launched")
    try:
        assert robot.until(lambda: robot.state() == "active", 30)
        yield robot
    finally:
        robot.close()


def test_the_node_itself_takes_arguments_and_file(led: Robot, tiny: Path) -> None:
    values = {name: led.get(name) for name in ("model", "device", "threads", "image_qos", "min_static")}
    assert values == {"model": str(tiny), "device": "cpu", "threads": 1, "image_qos": "auto", "min_static": 0.0}


def test_the_parameter_file_can_be_loaded_again(led: Robot, workspace: Workspace) -> None:
    pytest.importorskip("ros2param", reason="needs ros2 param, from ROS")
    content: dict[str, Any] = yaml.safe_load((ROOT / "config" / "segment.yaml").read_text())
    [values] = [node["ros__parameters"] for node in content.values()]
    values |= {"hold": 1.5} | {name: led.get(name) for name in ("model", "device", "threads")}
    path = workspace.prefix / "mine.yaml"
    path.write_text(yaml.safe_dump(content))
    done = subprocess.run(
        ros2("param", "load", "--no-daemon", "--spin-time", "5", "/launched/segmenter", str(path)),
        env=workspace.environment(),
        cwd=workspace.prefix,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("successful") == len(values), done.stderr
    assert led.get("hold") == 1.5


def test_the_node_ends_with_its_launch(running: Launch, workspace: Workspace, led: Robot) -> None:
    assert led.state() == "active"
    assert running.interrupt() == 0
    assert not workspace.left()
    assert "Traceback" not in "".join(running.output())
