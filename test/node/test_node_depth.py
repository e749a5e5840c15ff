# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Depth, refined masks, services and diagnostics of the real node, over real DDS."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs rclpy, from ROS or its wheels")

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.qos import ReliabilityPolicy
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, Image, PointCloud2
from std_srvs.srv import Trigger
from support.robot import PATIENCE, Robot, Segment, image, pixels

from bgflow_ros.node.diagnostics import UNKNOWN

WIDTH, HEIGHT = 320, 240
LEFT, RIGHT = np.s_[:, : WIDTH // 2 - 20], np.s_[:, WIDTH // 2 + 20 :]
RELIABLE = ReliabilityPolicy.RELIABLE
STATIC_DEPTH, POINTS = "segmenter/static_depth/image", "segmenter/foreground_points"
MASK, STATIC = "segmenter/foreground_mask", "segmenter/static_mask"
NAN = {"16UC1": 0, "32FC1": np.nan}


def scene() -> Image:
    """Dark on the left, bright on the right."""
    rgb = np.full((HEIGHT, WIDTH, 3), 230, np.uint8)
    rgb[:, : WIDTH // 2] = 20
    return image(rgb)


def depth_image(encoding: str = "16UC1", height: int = HEIGHT, width: int = WIDTH) -> Image:
    depth = np.full((height, width), 2000, np.uint16) if encoding == "16UC1" else np.full((height, width), 2.0, "f4")
    return image(depth.view(np.uint8), encoding, width=width)


class RgbdCamera:
    """Shows colour, calibration and depth, the depth earlier or later than colour."""

    def __init__(self, robot: Robot, depth: Image, first: str = "colour", lag: float = 0.0) -> None:
        self.robot, self.depth, self.first, self.lag, self.number = robot, depth, first, lag, 0

    def show(self) -> None:
        self.number += 1
        now = 1000.0 + self.number
        info = CameraInfo(width=WIDTH, height=HEIGHT, k=[200.0, 0, 159.5, 0, 200.0, 119.5, 0, 0, 1])
        messages = [("camera_info", info, now), ("image", scene(), now)]
        depth = ("depth", self.depth, now + self.lag)
        for topic, message, when in [depth, *messages] if self.first == "depth" else [*messages, depth]:
            message.header.frame_id = "optical"
            message.header.stamp.sec, message.header.stamp.nanosec = int(when), round(when % 1 * 1e9)
            self.robot.publisher(type(message), topic, RELIABLE).publish(message)
            self.robot.until(lambda: False, 0.05)

    def until(self, *topics: str, seconds: float = PATIENCE) -> bool:
        """Show frames until every topic has something."""
        deadline = time.monotonic() + seconds
        while not all(self.robot.received[topic] for topic in topics):
            if time.monotonic() > deadline:
                return False
            self.show()
        return True


@pytest.fixture
def robot() -> Iterator[Robot]:
    robot = Robot()
    yield robot
    robot.close()


@pytest.fixture
def start(start: Callable[..., Segment], robot: Robot) -> Callable[..., Segment]:
    """Starts a node and waits until it is active, or in another state."""

    def start_and_wait(state: str = "active", **parameters: object) -> Segment:
        segment = start(**parameters)
        assert robot.until(lambda: robot.state() == state), segment.log()
        return segment

    return start_and_wait


@pytest.mark.parametrize("first", ["depth", "colour"])
@pytest.mark.parametrize("encoding", NAN)
def test_depth_meets_its_mask_whichever_comes_first(robot: Robot, start, first: str, encoding: str) -> None:
    start()
    for topic, kind in (
        (STATIC_DEPTH, Image),
        ("segmenter/static_depth/camera_info", CameraInfo),
        (POINTS, PointCloud2),
    ):
        robot.subscribe(topic, kind)
    camera = RgbdCamera(robot, depth_image(encoding), first, lag=0.004)
    assert camera.until(STATIC_DEPTH, "segmenter/static_depth/camera_info", POINTS)
    static = robot.received[STATIC_DEPTH][-1]
    assert static.encoding == encoding
    assert static.header.frame_id == "optical"
    assert static.header.stamp.nanosec == 4_000_000, "depth's own stamp"
    stamps = [message.header.stamp for message in robot.received["segmenter/static_depth/camera_info"]]
    assert static.header.stamp in stamps
    values = np.frombuffer(static.data, np.uint16 if encoding == "16UC1" else np.float32).reshape(HEIGHT, WIDTH)
    assert (values[RIGHT] == (2000 if encoding == "16UC1" else 2.0)).all()
    np.testing.assert_array_equal(values[LEFT], np.full_like(values[LEFT], NAN[encoding]))
    cloud = robot.received[POINTS][-1]
    assert cloud.is_dense
    assert (cloud.point_step, cloud.height, cloud.header.frame_id) == (12, 1, "optical")
    points = np.frombuffer(cloud.data, np.float32).reshape(-1, 3)
    assert abs(len(points) - HEIGHT * WIDTH / 2) < 20 * HEIGHT
    np.testing.assert_allclose(points[:, 2], 2.0)
    assert points[:, 0].max() < 20 * 2 / 200  # dark is to the left of the middle
    np.testing.assert_allclose(points[:, 1].max(), (HEIGHT - 1 - 119.5) / 200 * 2, rtol=1e-3)


def test_static_depth_keeps_what_it_is_told(robot: Robot, start, tmp_path: Path) -> None:
    body = np.zeros((HEIGHT, WIDTH), np.uint8)
    body[200:] = 255
    cv2.imwrite(str(tmp_path / "body.png"), body)
    start(static_threshold=0.999999, depth_keeps="not_foreground", ignore_image=tmp_path / "body.png")
    robot.subscribe(STATIC_DEPTH)
    camera = RgbdCamera(robot, depth_image())
    assert camera.until(STATIC_DEPTH)
    kept = pixels(robot.received[STATIC_DEPTH][-1]) > 0
    assert kept[:200][RIGHT].all(), "nothing is surely static, but this is no foreground"
    assert not kept[LEFT].any()
    assert not kept[200:].any(), "the robot itself"
    assert not robot.set(depth_keeps="everything").successful
    assert robot.set(depth_keeps="static").successful
    number = camera.number
    while not any(message.header.stamp.sec > 1001 + number for message in robot.received[STATIC_DEPTH]):
        camera.show()
    assert not pixels(robot.received[STATIC_DEPTH][-1]).any()


def test_labels_confidence_and_points_describe_the_same_pixels(robot: Robot, start, tmp_path: Path) -> None:
    body = np.zeros((HEIGHT, WIDTH), np.uint8)
    body[200:] = 255
    cv2.imwrite(str(tmp_path / "body.png"), body)
    start(ignore_image=tmp_path / "body.png")
    kinds = {"segmenter/labels": Image, "segmenter/confidence": Image, "segmenter/points": PointCloud2}
    for topic, kind in kinds.items():
        robot.subscribe(topic, kind)
    depth = np.full((HEIGHT, WIDTH), 2000, np.uint16)
    depth[:50] = 0
    camera = RgbdCamera(robot, image(depth.view(np.uint8), "16UC1", width=WIDTH), lag=0.004)
    assert camera.until(*kinds)
    labels, confidence = (pixels(robot.received[topic][-1]) for topic in list(kinds)[:2])
    assert (labels[:200][LEFT] == 2).all()
    assert (labels[:200][RIGHT] == 1).all()
    assert (labels[200:] == 255).all()
    assert (confidence[:200][LEFT] > 127).all()
    assert (confidence[:200][RIGHT] > 127).all()
    assert not confidence[200:].any()
    cloud = robot.received["segmenter/points"][-1]
    assert (cloud.height, cloud.width, cloud.is_dense) == (HEIGHT, WIDTH, False)
    assert cloud.header.stamp.nanosec == 0, "the image's stamp, as the labels have it"
    points = np.frombuffer(cloud.data, np.float32).reshape(HEIGHT, WIDTH, 3)
    assert np.isnan(points[:50]).all()
    np.testing.assert_allclose(points[100, 300], [(300 - 159.5) / 100, (100 - 119.5) / 100, 2.0], rtol=1e-5)


def test_masks_do_not_wait_for_depth_and_say_that_it_never_came(robot: Robot, start) -> None:
    start()
    for topic in (MASK, STATIC_DEPTH):
        robot.subscribe(topic)
    robot.subscribe("/diagnostics", DiagnosticArray)
    assert robot.ask(scene(), MASK) is not None
    for _ in range(12):
        robot.ask(scene(), MASK)
    assert robot.received[STATIC_DEPTH] == []
    assert robot.until(lambda: int(values(robot)["masks without depth"]) > 0)


def test_depth_that_does_not_fit_is_told_and_costs_nothing_else(robot: Robot, start) -> None:
    segment = start()
    for topic in (MASK, STATIC_DEPTH):
        robot.subscribe(topic)
    camera = RgbdCamera(robot, depth_image(height=120, width=160))
    assert camera.until(MASK)
    for _ in range(10):
        camera.show()
    assert robot.until(lambda: "depth of another size" in segment.log())
    assert "160x120" in segment.log()
    camera.depth = depth_image()
    assert camera.until(STATIC_DEPTH)


def test_refinements_change_while_it_runs_and_leave_the_camera_s_own_body_out(
    robot: Robot, start, tmp_path: Path
) -> None:
    body = np.zeros((HEIGHT, WIDTH), np.uint8)
    body[200:] = 255
    cv2.imwrite(str(tmp_path / "body.png"), body)
    start(ignore_image=tmp_path / "body.png")
    for topic in (MASK, STATIC):
        robot.subscribe(topic)
    before = pixels(robot.ask(scene(), MASK))
    assert not before[200:].any()
    assert not pixels(robot.ask(scene(), STATIC))[200:].any()
    edge = int((before[100] > 0).sum())
    assert robot.set(dilate=7).successful
    assert int((pixels(robot.ask(scene(), MASK))[100] > 0).sum()) == edge + 7
    assert robot.set(dilate=0, min_area=WIDTH * HEIGHT).successful
    assert not pixels(robot.ask(scene(), MASK)).any()
    assert robot.set(min_static=1.0).successful
    assert pixels(robot.ask(scene(), STATIC))[:200].all()
    assert not robot.set(min_static=1.5).successful
    assert not robot.set(ignore_image="").successful, "read when the node is configured"


def test_hold_remembers_until_it_is_reset(robot: Robot, start) -> None:
    start(hold=60.0)
    robot.subscribe(MASK)
    bright, number = image(np.full((HEIGHT, WIDTH, 3), 230, np.uint8)), 0

    def shown(message: Image) -> np.ndarray:
        """Mask of a frame that was taken a tenth of a second after the one before."""
        nonlocal number
        while True:
            number += 1
            message.header.stamp.sec, message.header.stamp.nanosec = divmod(number * 100_000_000, 10**9)
            message.header.frame_id = str(number)
            robot.publisher(Image, "image", RELIABLE).publish(message)
            name = message.header.frame_id
            if robot.until(lambda name=name: any(m.header.frame_id == name for m in robot.received[MASK]), 0.3):
                return pixels(robot.received[MASK][-1])

    assert (shown(scene())[LEFT] == 255).all()
    assert (shown(bright)[LEFT] == 255).all()
    assert robot.call(Trigger, "segmenter/reset", Trigger.Request()).success
    assert not shown(bright).any()
    assert (shown(scene())[LEFT] == 255).all()
    number -= 10  # back in time
    assert not shown(bright).any()


def test_an_ignore_image_of_another_size_is_told_and_stops_the_masks(robot: Robot, start, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "body.png"), np.zeros((48, 64), np.uint8))
    segment = start(ignore_image=tmp_path / "body.png")
    robot.subscribe(MASK)
    assert robot.ask(scene(), MASK, seconds=3) is None
    assert "the image is 320x240, ignore_image 64x48; expected the camera's size" in segment.log()


def test_an_ignore_image_that_is_none_keeps_the_node_unconfigured(robot: Robot, start, tmp_path: Path) -> None:
    segment = start(state="unconfigured", ignore_image=tmp_path / "nowhere.png")
    assert robot.until(lambda: "nowhere.png cannot be read" in segment.log())
    robot.subscribe("/diagnostics", DiagnosticArray)
    assert robot.until(lambda: level(robot) == DiagnosticStatus.ERROR)
    assert "nowhere.png" in status(robot).message


def test_save_frame_writes_the_next_frame_though_nobody_subscribes(robot: Robot, start, tmp_path: Path) -> None:
    start(save_folder=tmp_path / "kept")
    client = robot.node.create_client(Trigger, "segmenter/save_frame")
    assert robot.until(client.service_is_ready)
    robot.until(lambda: False, 0.3)
    future = client.call_async(Trigger.Request())
    deadline = time.monotonic() + PATIENCE
    while not future.done() and time.monotonic() < deadline:
        robot.show(scene())
        robot.until(future.done, 0.1)
    answer = future.result()
    assert answer.success, answer.message
    path = Path(answer.message)
    assert path.parent == tmp_path / "kept"
    names = {file.name.removeprefix(path.stem) for file in path.parent.iterdir()}
    assert names == {".png", "_foreground.png", "_static.png", "_likelihood.npy"}
    np.testing.assert_array_equal(cv2.imread(str(path)), pixels_of(scene()))
    assert np.load(path.with_name(f"{path.stem}_likelihood.npy"), allow_pickle=False).shape == (HEIGHT, WIDTH)


def test_save_frame_says_why_nothing_was_written(robot: Robot, start, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    start(save_folder=tmp_path / "file", autostart=False, state="unconfigured")
    answer = robot.call(Trigger, "segmenter/save_frame", Trigger.Request())
    assert not answer.success
    assert "activate it first" in answer.message
    assert robot.change("configure")
    assert robot.change("activate")
    answer = robot.call(Trigger, "segmenter/save_frame", Trigger.Request())
    assert not answer.success
    assert "no frame has come" in answer.message
    robot.subscribe(MASK)
    assert robot.ask(scene(), MASK) is not None
    client = robot.node.create_client(Trigger, "segmenter/save_frame")
    assert robot.until(client.service_is_ready)
    robot.until(lambda: False, 0.3)
    future = client.call_async(Trigger.Request())
    while not future.done():
        robot.show(scene())
        robot.until(future.done, 0.1)
    assert not future.result().success
    assert "cannot be written" in future.result().message
    assert robot.ask(scene(), MASK) is not None


def status(robot: Robot) -> DiagnosticStatus:
    return robot.received["/diagnostics"][-1].status[0]


def level(robot: Robot) -> bytes | None:
    return status(robot).level if robot.received["/diagnostics"] else None


def values(robot: Robot) -> dict[str, str]:
    if not robot.received["/diagnostics"]:
        return {"masks without depth": "0"}
    return {value.key: value.value for value in status(robot).values}


def test_diagnostics_tell_rates_ages_model_and_a_silent_camera(robot: Robot, start) -> None:
    start()
    robot.subscribe("/diagnostics", DiagnosticArray)
    robot.subscribe(MASK)

    def shows(wanted: bytes, message: str) -> bool:
        robot.show(scene())
        robot.until(lambda: False, 0.05)
        return level(robot) == wanted and message in status(robot).message

    assert robot.until(lambda: shows(DiagnosticStatus.OK, "masks a second of"))
    assert robot.until(
        lambda: shows(DiagnosticStatus.OK, "masks a second of") and float(values(robot)["output rate (Hz)"]) > 5
    )
    told = values(robot)
    assert status(robot).name == "/segmenter: segmentation"
    assert told["model"] == "tiny"
    assert len(told["sha256"]) == 64
    assert told["device"] == "cpu"
    assert float(told["input rate (Hz)"]) >= float(told["output rate (Hz)"]) - 1
    # This robot's stamps are of 1970.
    assert "days behind the node's clock" in told["age"]
    assert "age p50 (ms)" not in told
    assert robot.until(lambda: level(robot) == DiagnosticStatus.WARN and "no image for" in status(robot).message)
    assert robot.until(
        lambda: level(robot) == DiagnosticStatus.ERROR and "/image (1 publisher)" in status(robot).message
    )
    assert robot.until(lambda: shows(DiagnosticStatus.OK, "masks a second of"))


def test_a_camera_that_nobody_listens_to_is_not_taken_for_silent(robot: Robot, start) -> None:
    start()
    robot.subscribe("/diagnostics", DiagnosticArray)

    def bored() -> bool:
        robot.show(scene())
        robot.until(lambda: False, 0.05)
        told = values(robot)
        rate = told.get("input rate (Hz)", "0")
        return status(robot).message.startswith("nobody subscribes") and (rate == UNKNOWN or float(rate) > 5)

    robot.until(lambda: level(robot))
    assert robot.until(bored)
    calm = shown = time.monotonic()
    while shown - calm < 3:
        robot.show(scene())
        robot.until(lambda: False, 0.05)
        now = time.monotonic()
        if now - shown > 0.5:
            # On a busy machine this process stood still, so that its camera was silent: that may be told, once.
            calm = now + 2
        shown = now
        assert level(robot) == DiagnosticStatus.OK or now < calm, status(robot)


def test_broken_frames_are_a_warning_that_passes(robot: Robot, start) -> None:
    start()
    robot.subscribe("/diagnostics", DiagnosticArray)
    robot.subscribe(MASK)
    assert robot.ask(scene(), MASK) is not None
    broken = scene()
    broken.step = 1

    def warned() -> bool:
        robot.show(broken)
        robot.until(lambda: False, 0.05)
        return level(robot) == DiagnosticStatus.WARN and "wrong step" in status(robot).message

    assert robot.until(warned)
    assert int(values(robot)["dropped: wrong step"]) > 0

    def well() -> bool:
        robot.show(scene())
        robot.until(lambda: False, 0.05)
        return level(robot) == DiagnosticStatus.OK

    assert robot.until(well)
    assert "wrong step" in values(robot)["last refusal"]


def test_simulated_time_is_honoured(robot: Robot, start) -> None:
    start(use_sim_time=True)
    robot.subscribe("/diagnostics", DiagnosticArray)
    robot.subscribe(MASK)
    clock = robot.node.create_publisher(Clock, "/clock", 10)
    number = 0

    def told() -> bool:
        nonlocal number
        number += 1
        message = scene()
        message.header.stamp.sec = 5000
        message.header.frame_id = str(number)
        now = Clock()
        now.clock.sec, now.clock.nanosec = 5000, 250_000_000
        clock.publish(now)
        robot.publisher(Image, "image", RELIABLE).publish(message)
        robot.until(lambda: False, 0.05)
        # A quarter of a second old, by the simulation's clock.
        return "age p50 (ms)" in values(robot) and float(values(robot)["age p50 (ms)"]) == pytest.approx(250, abs=1)

    assert robot.until(told)
    assert robot.received["/diagnostics"][-1].header.stamp.sec == 5000


def pixels_of(message: Image) -> np.ndarray:
    return np.frombuffer(message.data, np.uint8).reshape(HEIGHT, WIDTH, 3)
