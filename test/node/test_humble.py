# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The node, the viewer and the demo on an rclpy without what Humble lacks (`humble.py`), over real DDS."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from support import SUPPORT

pytest.importorskip("rclpy", reason="needs rclpy, from ROS or its wheels")

from rclpy.qos import ReliabilityPolicy
from sensor_msgs.msg import CameraInfo, Image, PointCloud2
from soak.camera import SLOW, FilmingRobot
from support.robot import PATIENCE, Robot, Segment, environment, image, model, pixels

ROOT = SUPPORT.parents[1]
PROGRAM = (str(SUPPORT / "humble.py"),)
MASK = "segmenter/foreground_mask"
UNCOUNTED = "frames lost on the way are not counted"


def run(code: str) -> subprocess.CompletedProcess[str]:
    """Run Python code on Humble's rclpy."""
    return subprocess.run(
        [sys.executable, "-c", f"import humble\nhumble.take_away()\n{code}"],
        env=environment() | {"PYTHONPATH": str(SUPPORT)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


@pytest.fixture
def node(tiny: Path) -> Iterator[Segment]:
    segment = Segment(model(tiny), program=PROGRAM)
    yield segment
    segment.close()


LACKING = (
    "from rclpy.clock_type import ClockType",
    "import rclpy.event_handler",
    "import rclpy\nwith rclpy.init(): pass",
    "from rclpy.node import Node\nNode.add_post_set_parameters_callback",
    "from rclpy.subscription import Subscription\nSubscription.CallbackType",
    "import jsonschema\njsonschema.Draft202012Validator",
)


def test_what_humble_lacks_is_gone() -> None:
    done = run(
        f"import sys\nfor code in {LACKING!r}:\n    try:\n        exec(code, {{}})\n"
        "    except (ModuleNotFoundError, AttributeError, TypeError):\n        continue\n    sys.exit(code)"
    )
    assert done.returncode == 0, done.stderr


def test_callbacks_get_the_message_alone_as_on_humble() -> None:
    done = run(
        "import rclpy\nfrom std_msgs.msg import String\nrclpy.init()\nnode = rclpy.create_node('n')\n"
        "node.create_subscription(String, 't', lambda message, info: print('both'), 1)\n"
        "publisher = node.create_publisher(String, 't', 1)\n"
        "for _ in range(100):\n    publisher.publish(String())\n    rclpy.spin_once(node, timeout_sec=0.1)\n"
    )
    assert done.returncode == 1
    assert "missing 1 required positional argument: 'info'" in done.stderr


def test_frames_are_answered_and_those_lost_are_unknown(node: Segment) -> None:
    robot = FilmingRobot(SLOW)
    try:
        assert robot.until(lambda: robot.masks >= 20), node.log()
        assert robot.until(lambda: "masks a second" in robot.diagnosis.message, 20), robot.diagnosis.message
        assert robot.told["dropped: lost on the way"] == "unknown"
        assert robot.until(lambda: float(robot.told["input rate (Hz)"]) > 5, 20), "the first window had fewer"
        robot.leave()
        assert robot.until(lambda: robot.told["input rate (Hz)"] == "unknown", 20), "what nobody reads, nobody counts"
        received = robot.counts()[0]
        robot.listen()
        assert robot.until(lambda: robot.counts()[0] > received + 20)
    finally:
        robot.close()
    assert node.log().count(UNCOUNTED) == 1, "said once"


def test_parameters_take_effect_once_they_are_set_and_only_then(node: Segment) -> None:
    robot = Robot()
    try:
        robot.subscribe(MASK)
        grey = image(np.full((48, 64, 3), 125, np.uint8))  # likelihood 0.46, the threshold is 0.4
        answer = robot.ask(grey, MASK)
        assert answer is not None, node.log()
        assert not pixels(answer).any()
        refused = robot.set(foreground_threshold=0.6, dilate=1000)
        assert not refused.successful
        assert not pixels(robot.ask(grey, MASK)).any(), "refused as a whole"
        assert robot.set(foreground_threshold=0.6).successful
        assert robot.until(lambda: pixels(robot.ask(grey, MASK)).all(), 10)
        assert not robot.set(foreground_threshold=0.9).successful, "above static_threshold"
    finally:
        robot.close()


def test_lifecycle_and_depth(node: Segment) -> None:
    robot = Robot()
    dark = image(np.full((48, 64, 3), 20, np.uint8))
    depth = image(np.full((48, 64), 2000, np.uint16).view(np.uint8), "16UC1", width=64)
    info = CameraInfo(width=64, height=48, k=[50.0, 0.0, 31.5, 0.0, 50.0, 23.5, 0.0, 0.0, 1.0])
    reliable = ReliabilityPolicy.RELIABLE

    def show() -> None:
        robot.show(dark)
        depth.header = info.header = dark.header
        robot.publisher(CameraInfo, "camera_info", reliable).publish(info)
        robot.publisher(Image, "depth", reliable).publish(depth)

    try:
        assert robot.until(lambda: robot.state() == "active"), node.log()
        assert robot.change("deactivate")
        assert robot.change("cleanup")
        assert robot.change("configure")
        assert robot.change("activate")
        robot.subscribe("segmenter/foreground_points", PointCloud2)
        points = robot.received["segmenter/foreground_points"]
        deadline = time.monotonic() + PATIENCE
        while not points and time.monotonic() < deadline:
            show()
            robot.until(lambda: points, 0.1)
        assert points, node.log()
        assert points[-1].width == 48 * 64
        status, _ = node.stop()
        assert status == 0
    finally:
        robot.close()


def test_the_demo_s_camera_and_watcher(node: Segment, tmp_path: Path) -> None:
    def program(name: str, *arguments: str) -> str:
        return (
            f"import sys\nsys.path.insert(0, {str(ROOT / 'demo')!r})\n"
            f"sys.argv[1:] = {list(arguments)}\nimport {name}\nsys.exit({name}.main())"
        )

    camera = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"import humble\nhumble.take_away()\n{program('camera', str(ROOT / 'demo/room/rgb.mp4'), '--rate', '5')}",
        ],
        env=environment() | {"PYTHONPATH": str(SUPPORT)},
    )
    try:
        watched = run(program("watch", "--seconds", "10", "--out", str(tmp_path)))
    finally:
        camera.terminate()
        camera.wait()
    assert watched.returncode == 0, watched.stderr + node.log()
    assert json.loads((tmp_path / "report.json").read_text())["masks_per_second"] > 0
