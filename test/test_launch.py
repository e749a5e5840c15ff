# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The launch file and the configuration beside it."""

from __future__ import annotations

import runpy
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

pytest.importorskip("rclpy", reason="needs rclpy, from ROS or its wheels")

from bgflow_ros.fastdds import PROFILES, TRANSPORTS
from bgflow_ros.ros.parameters import PARAMETERS, UNSET

ROOT = Path(__file__).resolve().parents[1]
LAUNCH = ROOT / "launch" / "segment.launch.py"
DDS = "{http://www.eprosima.com}"


def test_the_parameter_file_says_the_defaults_and_only_those() -> None:
    [(_, node)] = yaml.safe_load((ROOT / "config/segment.yaml").read_text()).items()
    # The thresholds' default is the model's: they are in the file as comments.
    defaults = {parameter.name: parameter.default for parameter in PARAMETERS if parameter.default != UNSET}
    assert node["ros__parameters"] == defaults


def test_the_dds_profile_s_segment_holds_an_image() -> None:
    root = ElementTree.parse(ROOT / "config/fastdds_shm.xml").getroot()
    sizes = [int(element.text or 0) for element in root.iter(f"{DDS}segment_size")]
    assert sizes
    assert min(sizes) >= 4 * 1920 * 1080 * 3


def test_the_launch_file_starts_the_node_as_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    # Not `launch`: the folder of that name beside the tests imports as an empty package.
    pytest.importorskip("launch_ros", reason="needs launch, from ROS")
    import launch
    from launch.actions import DeclareLaunchArgument

    description = runpy.run_path(str(LAUNCH))["generate_launch_description"]()
    arguments = {entity.name for entity in description.entities if isinstance(entity, DeclareLaunchArgument)}
    assert {
        "namespace",
        "image",
        "camera_info",
        "depth",
        "model",
        "params_file",
        "use_sim_time",
        "log_level",
        "rviz",
    } <= arguments
    context = launch.LaunchContext()
    for name in (*PROFILES, TRANSPORTS):
        context.environment.pop(name, None)
    for argument in description.entities:
        if isinstance(argument, DeclareLaunchArgument):
            argument.execute(context)
    context.launch_configurations["image"] = "/head/color"
    [opaque] = [entity for entity in description.entities if not isinstance(entity, DeclareLaunchArgument)]
    actions = opaque.execute(context)
    [node, rviz] = [action for action in actions if action.__class__.__name__ == "Node"]
    assert (node.node_package, node.node_executable) == ("bgflow", "segment")
    assert rviz.condition is not None
    assert not rviz.condition.evaluate(context)
    profiles = [action for action in actions if action.__class__.__name__ == "SetEnvironmentVariable"]
    assert len(profiles) == 1, "the variable that this distribution's Fast DDS reads"
    context.environment["FASTDDS_DEFAULT_PROFILES_FILE"] = "mine.xml"
    assert not [a for a in opaque.execute(context) if a.__class__.__name__ == "SetEnvironmentVariable"]
