# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Several cameras on one robot, each with a node of its own, over real DDS."""

from __future__ import annotations

import ast
import runpy
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs rclpy, from ROS or its wheels")

from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray
from rosgraph_msgs.msg import Clock
from support.robot import Robot, Segment, image, model, pixels

from bgflow_ros.launching import checks

ROOT = Path(__file__).resolve().parents[2]
LAUNCH = ROOT / "launch" / "cameras.launch.py"
SIZES = {"front": (160, 120), "left": (96, 128)}
"""Width and height of the cameras' images."""
MASK = "segmenter/foreground_mask"


def functions() -> dict[str, Any]:
    """Functions of the launch file, without launch."""
    body = [node for node in ast.parse(LAUNCH.read_text()).body if isinstance(node, ast.FunctionDef)]
    for function in body:
        function.returns, function.args.defaults = None, []
        for argument in function.args.args:
            argument.annotation = None
    scope: dict[str, Any] = {"checks": checks}
    exec(compile(ast.Module(body, []), str(LAUNCH), "exec"), scope)
    return scope


of_cameras = functions()["of_cameras"]


def frame(camera: str, grey: int) -> Any:
    width, height = SIZES[camera]
    return image(np.full((height, width, 3), grey, np.uint8))


@pytest.fixture(scope="module")
def robots(tiny: Path) -> Iterator[dict[str, Robot]]:
    """A camera in each namespace, and its node with the topics as the launch file remaps them."""
    with ExitStack() as stack:
        found = {}
        for arguments in of_cameras("front, left", {"image": "/{camera}/color/image_raw"}):
            camera = arguments["namespace"]
            rules = (f"__ns:=/{camera}", f"image:={arguments['image']}")
            stack.callback(Segment(model(tiny), rules).close)
            robot = Robot(camera)
            stack.callback(robot.close)
            robot.subscribe(MASK)
            found[camera] = robot
        for robot in found.values():
            assert robot.until(lambda: robot.state() == "active")  # noqa: B023 (called at once)
        yield found


@pytest.mark.parametrize(("camera", "other"), [("front", "left"), ("left", "front")])
def test_each_node_answers_its_own_camera_only(robots: dict[str, Robot], camera: str, other: str) -> None:
    # Distinct frame_ids, so that outputs cannot be confused.
    robots[other].received[MASK].clear()
    width, height = SIZES[camera]
    answer = robots[camera].ask(frame(camera, 5), MASK, topic="color/image_raw")
    assert answer is not None
    assert (answer.width, answer.height) == (width, height)
    assert (pixels(answer) == 255).all()
    robots[other].until(lambda: False, 0.5)
    assert not robots[other].received[MASK]


def test_both_answer_at_once_and_each_what_it_sees(robots: dict[str, Robot]) -> None:
    greys = {"front": 5, "left": 250}
    masks: dict[str, Any] = {}
    for _ in range(50):
        for camera, robot in robots.items():
            robot.received[MASK].clear()
            robot.show(frame(camera, greys[camera]), topic="color/image_raw")
        for camera, robot in robots.items():
            if robot.until(lambda: robot.received[MASK], 0.3):  # noqa: B023 (called at once)
                masks[camera] = robot.received[MASK][-1]
        if len(masks) == len(robots):
            break
    assert {camera: (mask.width, mask.height) for camera, mask in masks.items()} == SIZES
    assert (pixels(masks["front"]) == 255).all()
    assert (pixels(masks["left"]) == 0).all()


def test_topics_and_services_of_a_camera_lie_in_its_namespace(robots: dict[str, Robot]) -> None:
    robot = robots["front"]
    node = robot.node

    def seen(camera: str) -> bool:
        services = {name for name, _ in node.get_service_names_and_types()}
        return (
            node.count_publishers(f"/{camera}/{MASK}") == 1
            and node.count_subscribers(f"/{camera}/color/image_raw") == 1
            and f"/{camera}/segmenter/save_frame" in services
        )

    # Each robot waited for its own node only; the other's is discovered in its own time.
    assert robot.until(lambda: all(seen(camera) for camera in SIZES)), node.get_topic_names_and_types()
    assert not any(node.count_subscribers(f"/{camera}/image") for camera in SIZES)
    assert node.count_publishers("/segmenter/foreground_mask") == 0


def test_diagnostics_tell_the_cameras_apart(robots: dict[str, Robot]) -> None:
    robot = robots["front"]
    robot.subscribe("/diagnostics", DiagnosticArray)

    def names() -> set[str]:
        return {status.name for message in robot.received["/diagnostics"] for status in message.status}

    assert robot.until(lambda: all(any(camera in name for name in names()) for camera in SIZES)), names()


@pytest.fixture
def simulated(tiny: Path) -> Iterator[Robot]:
    """A robot beside a node that follows /clock."""
    segment, robot = Segment(model(tiny, use_sim_time=True), ("__ns:=/sim",)), Robot("sim")
    try:
        assert robot.until(lambda: robot.state() == "active")
        assert robot.until(lambda: robot.node.count_subscribers("/clock"))
        robot.subscribe(MASK)
        yield robot
    finally:
        robot.close()
        segment.close()


def test_a_node_in_simulated_time_answers_at_the_simulation_s_pace(simulated: Robot) -> None:
    publisher, ticks = simulated.node.create_publisher(Clock, "/clock", 10), iter(range(10**6))

    def tick() -> None:
        seconds, hundredths = divmod(next(ticks), 100)
        publisher.publish(Clock(clock=Time(sec=5000 + seconds, nanosec=hundredths * 10**7)))

    simulated.node.create_timer(0.02, tick)  # half as fast as real time
    assert simulated.ask(image(np.full((48, 64, 3), 5, np.uint8)), MASK) is not None


def test_a_node_in_simulated_time_answers_while_the_clock_stands_still(simulated: Robot) -> None:
    assert simulated.ask(image(np.full((48, 64, 3), 5, np.uint8)), MASK, seconds=3.0) is not None


def test_every_camera_has_its_own_arguments() -> None:
    patterns = {"image": "/{camera}/color/image_raw", "camera_info": "/{camera}/color/camera_info", "depth": ""}
    front, left = of_cameras("front, left", patterns)
    assert front == {
        "namespace": "front",
        "image": "/front/color/image_raw",
        "camera_info": "/front/color/camera_info",
        "depth": "",
    }
    assert left["image"] == "/left/color/image_raw"


@pytest.mark.parametrize(
    "cameras", ["", "front,", "a,,b", "front,front", "front, front", "/front", "front-left", "front left", "1,2"]
)
def test_names_that_are_missing_or_wrong_or_come_twice_are_refused(cameras: str) -> None:
    assert functions()["camera_names"](cameras).startswith("different names")


@pytest.mark.parametrize("cameras", ["front", "front,left", " front , left ", "front/left,front/right"])
def test_names_that_are_right_are_taken(cameras: str) -> None:
    assert functions()["camera_names"](cameras) == ""


def test_a_pattern_is_a_topic_with_the_name_in_it() -> None:
    wrong = functions()["topic_pattern"]
    assert wrong("/{camera}/color") == wrong("color") == ""
    assert wrong("/{name}/color")
    assert wrong("/{camera}//color")


def test_the_launch_file_includes_a_segmenter_in_a_scope_for_each_camera() -> None:
    # Not `launch`: the folder of that name beside the tests imports as an empty package.
    pytest.importorskip("launch_ros", reason="needs launch, from ROS")
    import launch
    from launch.actions import DeclareLaunchArgument, GroupAction

    description = runpy.run_path(str(LAUNCH))["generate_launch_description"]()
    context = launch.LaunchContext()
    context.launch_configurations["cameras"] = "front,left"
    for entity in description.entities:
        if isinstance(entity, DeclareLaunchArgument):
            entity.execute(context)
    groups = description.entities[-1].execute(context)
    assert [type(group) for group in groups] == [GroupAction, GroupAction]
