# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Checks that the launch files make before they start anything."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

pytest.importorskip("rclpy", reason="needs rclpy, from ROS or its wheels")

import rclpy
from rclpy.exceptions import InvalidNamespaceException
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.validate_namespace import validate_namespace

from bgflow_ros.launching import checks
from bgflow_ros.launching.arguments import MIN_STATIC, PARAMETERS, SEGMENT, needed_optional_segmenter, needed_segmenter
from bgflow_ros.launching.checks import Argument, LaunchError
from bgflow_ros.node.parameters import BY_NAME

ROOT = Path(__file__).resolve().parents[2]
FILE = str(ROOT / "launch" / "segment.launch.py")

NAMES = ["front", "/front", "/front/left_2", "_a", "a_", "A1/b"]
NO_NAMES = ["//x", "/x/", "1a", "/a/2b", "a-b", "a b", "a__b", "a//b", "ä", "/", ".", "a\n"]


def context(*argv: str, **given: str) -> SimpleNamespace:
    """Make as much of a launch context as the checks read."""
    return SimpleNamespace(argv=argv, launch_configurations=given)


def accepted_by_ros(rule: str) -> bool:
    """Return whether rcl accepts a remapping."""
    own = rclpy.Context()
    try:
        rclpy.init(args=["--ros-args", "-r", rule], context=own)
    except rclpy_implementation.RCLError:
        return False
    rclpy.shutdown(context=own)
    return True


@pytest.mark.parametrize("name", [*NAMES, "~/x", *NO_NAMES])
def test_a_topic_is_what_ros_takes_for_one(name: str) -> None:
    assert (checks.topic(name) == "") == accepted_by_ros(f"image:={name}")


@pytest.mark.parametrize("name", [*NAMES, *NO_NAMES])
def test_a_namespace_is_what_ros_takes_for_one(name: str) -> None:
    absolute = name if name.startswith("/") else f"/{name}"  # as launch_ros passes it
    try:
        valid = validate_namespace(absolute)
    except InvalidNamespaceException:
        valid = False
    assert (checks.namespace(name) == "") == (valid and accepted_by_ros(f"__ns:={absolute}"))


def test_types_ranges_and_choices_are_the_parameters_own() -> None:
    assert {name for name in PARAMETERS if name != "use_sim_time"} <= BY_NAME.keys()
    for name, kind in PARAMETERS.items():
        if name == "use_sim_time":
            continue
        parameter, argument = BY_NAME[name], SEGMENT[name]
        assert kind is type(parameter.default)
        if kind is not bool:
            assert set(argument.choices) == set(parameter.choices), name
        if parameter.range is not None:
            for limit, beyond in zip(parameter.range, (-1, 1), strict=True):
                assert argument.checked(str(limit))
                with pytest.raises(LaunchError, match=name):
                    argument.checked(str(limit + beyond))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("threads", "x"),
        ("threads", "1.5"),
        ("threads", "257"),
        ("min_static", "abc"),
        ("min_static", "nan"),
        ("min_static", "1.01"),
        ("device", "gpu"),
        ("device", "CPU"),
        ("image_qos", "best_effort"),
        ("rviz", ""),
        ("respawn", "1"),
        ("respawn_delay", "-1"),
        ("respawn_delay", "inf"),
        ("log_level", ""),
        ("namespace", "bad-ns"),
        ("image", "/camera/bad-name"),
        ("model", "nosuch"),
        ("ignore_image", "/nowhere/body.png"),
        ("params_file", ""),
        ("params_file", "/nowhere/segment.yaml"),
        ("params_file", str(ROOT)),
    ],
)
def test_a_bad_value_names_its_argument_in_one_line(name: str, value: str) -> None:
    with pytest.raises(LaunchError) as caught:
        checks.check_launch(context(**{name: value}), FILE, SEGMENT, list)
    message = str(caught.value)
    assert message.startswith(f"{name} is {value!r}; expected ")
    assert "\n" not in message


@pytest.mark.parametrize("content", ["", "a: [", "- 1", "segmenter: {threads: 1}", b"\xff\xfe"])
def test_a_file_without_parameters_is_refused(tmp_path: Path, content: str | bytes) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(LaunchError, match=r"params_file is .*; expected a parameter file") as caught:
        SEGMENT["params_file"].checked(str(path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", [path.name for path in sorted((ROOT / "config").glob("*.yaml"))])
def test_every_packaged_file_is_a_parameter_file(name: str) -> None:
    assert SEGMENT["params_file"].checked(str(ROOT / "config" / name))


@pytest.mark.parametrize("name", [name for name, argument in SEGMENT.items() if argument.optional])
def test_what_is_optional_may_be_empty_and_is_by_default(name: str) -> None:
    assert SEGMENT[name].checked("") == SEGMENT[name].default == ""
    choices = SEGMENT[name].declaration().get("choices", [""])
    assert "" in choices


def test_defaults_are_right_values() -> None:
    given = {name: str(argument.default) for name, argument in SEGMENT.items()}
    checks.check_launch(context(**given), FILE, SEGMENT, list)


def test_a_path_may_begin_with_the_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "mine.yaml").write_text("/**: {ros__parameters: {}}")
    found = context(params_file="~/mine.yaml")
    checks.check_launch(found, FILE, SEGMENT, list)
    assert found.launch_configurations["params_file"] == str(tmp_path / "mine.yaml")


@pytest.mark.parametrize("command", [["launch", "bgflow", "segment.launch.py"], ["launch", FILE]])
def test_an_argument_of_another_name_is_refused(command: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["ros2", *command, "imgae:=/x"])
    with pytest.raises(LaunchError, match=r"^imgae is not an argument of segment\.launch\.py; did you mean image\?"):
        checks.check_launch(context("imgae:=/x"), FILE, SEGMENT, list)
    checks.check_launch(context("image:=/x", "sigterm_timeout:=3", "launch-prefix:=nice"), FILE, SEGMENT, list)


def test_arguments_of_an_including_file_are_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["ros2", "launch", "robot", "segment.launch.py", "arm:=left"])
    checks.check_launch(context("arm:=left", arm="left"), FILE, SEGMENT, list)


def test_the_segmenter_and_rviz_are_looked_up_where_they_are_started() -> None:
    segment, rviz = ("bgflow", "segment"), ("rviz2", "rviz2")
    assert needed_segmenter({}) == needed_segmenter({"rviz": "False"}) == [segment]
    assert needed_segmenter({"rviz": "True"}) == [segment, rviz]
    assert needed_optional_segmenter({"rviz": "true", "segmenter": "True"}) == [segment, rviz]
    assert needed_optional_segmenter({"rviz": "true", "segmenter": "false"}) == []


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace in which `present` has the executable `node`."""
    pytest.importorskip("ament_index_python", reason="needs ament_index_python, from ROS or its wheels")
    (tmp_path / "share/ament_index/resource_index/packages").mkdir(parents=True)
    (tmp_path / "share/ament_index/resource_index/packages/present").touch()
    (tmp_path / "lib/present").mkdir(parents=True)
    (tmp_path / "lib/present/node").write_text("#!/bin/sh\n")
    (tmp_path / "lib/present/node").chmod(0o755)
    (tmp_path / "lib/present/broken").touch()
    monkeypatch.setenv("AMENT_PREFIX_PATH", str(tmp_path))
    monkeypatch.setenv("ROS_DISTRO", "jazzy")
    return tmp_path


@pytest.mark.parametrize(
    ("package", "executable", "said"),
    [
        ("depth_image_proc", "", "sudo apt install ros-jazzy-depth-image-proc"),
        ("nvblox_ros", "", "doc/nvidia.md"),
        ("isaac_ros_visual_slam", "", "doc/nvidia.md"),
        ("bgflow", "segment", "source install/setup.bash"),
        ("no name of a package", "", "not found"),
        ("present", "nosuch", "no executable nosuch"),
        ("present", "broken", "no executable broken"),
    ],
)
def test_what_is_missing_is_told_with_what_to_install(index: Path, package: str, executable: str, said: str) -> None:
    with pytest.raises(LaunchError) as caught:
        checks.check_launch(context(), FILE, {}, lambda: [("present", "node"), ("present", ""), (package, executable)])
    message = str(caught.value)
    assert f"package {package}" in message
    assert said in message
    assert "\n" not in message


def test_without_any_workspace_everything_is_missing(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AMENT_PREFIX_PATH")
    with pytest.raises(LaunchError, match=r"package bgflow not found; .*setup\.bash"):
        checks.check_launch(context(), FILE, SEGMENT, lambda: needed_segmenter({}))


def test_values_are_checked_before_packages_are_looked_up(index: Path) -> None:
    with pytest.raises(LaunchError, match="threads is 'x'"):
        checks.check_launch(context(threads="x"), FILE, SEGMENT, lambda: needed_segmenter({}))


def test_a_changed_default_is_still_checked() -> None:
    argument = Argument("min_static", "", "0.7", check=MIN_STATIC)
    assert argument.declaration() == {"name": "min_static", "description": "", "default_value": "0.7"}
    assert argument.checked("0.7") == "0.7"
    with pytest.raises(LaunchError, match=r"expected a number from 0 to 1"):
        argument.checked("70")
