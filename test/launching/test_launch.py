# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The launch file and the configuration beside it."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

pytest.importorskip("rclpy", reason="needs rclpy, from ROS or its wheels")

from bgflow_ros.launching.arguments import SEGMENT
from bgflow_ros.node.fastdds import PROFILES, QUALITIES, TRANSPORTS
from bgflow_ros.node.parameters import PARAMETERS
from bgflow_ros.node.thresholds import UNSET

ROOT = Path(__file__).resolve().parents[2]
LAUNCH = ROOT / "launch" / "segment.launch.py"
DDS = "{http://www.eprosima.com}"


def test_the_parameter_file_says_the_defaults_and_only_those() -> None:
    [(key, node)] = yaml.safe_load((ROOT / "config/segment.yaml").read_text()).items()
    assert key == "/**", "in any namespace, and the only wildcard that ros2 param load knows"
    # The thresholds' default is the model's: they are in the file as comments.
    defaults = {parameter.name: parameter.default for parameter in PARAMETERS if parameter.default != UNSET}
    assert node["ros__parameters"] == defaults


def test_the_dds_profile_s_segment_holds_an_image() -> None:
    root = ElementTree.parse(ROOT / "config/fastdds_shm.xml").getroot()
    sizes = [int(element.text or 0) for element in root.iter(f"{DDS}segment_size")]
    assert sizes
    assert min(sizes) >= 4 * 1920 * 1080 * 3


@pytest.fixture
def context() -> Any:
    """A context of launch, whose user has chosen nothing about shared memory."""
    # Not `launch`: the folder of that name beside the tests imports as an empty package.
    pytest.importorskip("launch_ros", reason="needs launch, from ROS")
    import launch

    context = launch.LaunchContext()
    for name in (*PROFILES, TRANSPORTS, QUALITIES):
        context.environment.pop(name, None)
    return context


def declared(context: Any, **given: str) -> Any:
    """The launch file's `start`, once its arguments are declared in the context."""
    from launch.actions import DeclareLaunchArgument

    module = runpy.run_path(str(LAUNCH))
    context.launch_configurations.update(given)
    for entity in module["generate_launch_description"]().entities:
        if isinstance(entity, DeclareLaunchArgument):
            entity.execute(context)
    return module["start"]


def test_the_launch_file_checks_before_it_declares_and_starts(context: Any) -> None:
    kinds = [type(entity).__name__ for entity in runpy.run_path(str(LAUNCH))["generate_launch_description"]().entities]
    assert kinds == ["OpaqueFunction", *["DeclareLaunchArgument"] * len(SEGMENT), "OpaqueFunction"]


def test_the_launch_file_starts_the_node_as_asked(context: Any) -> None:
    [*_, node, rviz] = declared(context, image="/head/color", threads="2")(context)
    assert (node.node_package, node.node_executable) == ("bgflow", "segment")
    assert rviz.condition is not None
    assert not rviz.condition.evaluate(context)


@pytest.mark.parametrize(
    ("library", "name"),
    [("libfastdds.so.3", "FASTDDS_DEFAULT_PROFILES_FILE"), ("libfastrtps.so.2", "FASTRTPS_DEFAULT_PROFILES_FILE")],
)
def test_what_is_started_has_shared_memory_that_holds_an_image(
    context: Any, tmp_path: Path, library: str, name: str
) -> None:
    (tmp_path / library).touch()
    context.environment["LD_LIBRARY_PATH"] = str(tmp_path)
    actions = declared(context)(context)
    variables = [action for action in actions if type(action).__name__ == "SetEnvironmentVariable"]
    assert {"".join(part.perform(context) for part in action.name) for action in variables} == {name, QUALITIES}
    context.environment["FASTDDS_DEFAULT_PROFILES_FILE"] = "mine.xml"
    actions = declared(context)(context)
    assert not [action for action in actions if type(action).__name__ == "SetEnvironmentVariable"]
