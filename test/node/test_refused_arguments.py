# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The executable `segment`, started with arguments or an environment that ROS refuses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs rclpy, from ROS or its wheels")

from support.programs import start
from support.robot import environment


@pytest.fixture
def refused(tmp_path: Path) -> Callable[..., tuple[int, list[str]]]:
    """Function that starts it; returns the exit status and what was printed, without what rcl logs of itself."""

    def run(*arguments: str, afresh: bool = False, **changes: str) -> tuple[int, list[str]]:
        log = tmp_path / "log"
        command = ["-m", "bgflow_ros.node.segment", "--ros-args", *arguments]
        status = start(command, environment() | changes, log, afresh).wait(60)
        return status, [line for line in log.read_text().splitlines() if line and "[rcl" not in line]

    return run


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--log-level", "foo"], "--log-level foo"),
        (["--log-level", "segmenter:=foo"], "segmenter:=foo"),
        (["-r", "image:=//x"], "image:=//x"),
        (["-r", "image:=/front/camera__x"], "image:=/front/camera__x"),
        (["-r", "__ns:=bad-ns"], "__ns:=bad-ns"),
        (["-r", "__node:=bad-name"], "__node:=bad-name"),
        (["-p", "foo:=["], "foo:=["),
        (["-p", "threads"], "threads"),
        (["-p", "threads:=x"], "threads"),
        (["--params-file", "/nowhere/segment.yaml"], "/nowhere/segment.yaml"),
        (["--enclave", "bad"], "Enclave"),
        (["--foo"], "--foo"),
    ],
)
def test_an_argument_that_ros_refuses_ends_it_with_one_line(refused, arguments: list[str], named: str) -> None:
    status, [line] = refused(*arguments)
    assert status == 2
    assert line.startswith("segment: ")
    assert named in line
    assert "/src/" not in line, "a place in the sources of ROS helps nobody"


def test_a_domain_that_is_no_number_ends_it_with_one_line(refused) -> None:
    status, [line] = refused(ROS_DOMAIN_ID="abc")
    assert (status, line) == (2, "segment: ROS_DOMAIN_ID is not an integral number")


def test_a_broken_parameter_file_ends_it_with_one_line(refused, tmp_path: Path) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text("a: [")
    status, [line] = refused("--params-file", str(path), afresh=True)
    assert status == 2
    assert str(path) in line
