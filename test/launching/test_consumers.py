# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The node's topics, as SLAM and mapping take them: each consumer is acted by its own rules, over real DDS."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from support import consumers

pytest.importorskip("rclpy", reason="needs rclpy, from ROS or its wheels")

from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CameraInfo, Image
from support.consumers import ApproximateTime, ExactTime, StreamSynchronizer
from support.robot import Robot, Segment, image, model, pixels

ROOT = Path(__file__).resolve().parents[2]
WIDTH, HEIGHT = 320, 240
LEFT, RIGHT = np.s_[:, : WIDTH // 2 - 20], np.s_[:, WIDTH // 2 + 20 :]
"""Regions of foreground and of static background, apart by the blur of a cell."""
MILLISECOND = 1_000_000
PERIOD = 80 * MILLISECOND
FRAMES = 12
LAG = 8 * MILLISECOND
"""Delay of depth behind colour."""

BEST_EFFORT = QoSProfile(depth=10, reliability=ReliabilityPolicy.BEST_EFFORT)
"""SENSOR_DATA as Isaac ROS takes it (isaac_ros_common, qos.cpp: depth 10), and qos 2 of RTAB-Map (depth 10)."""


def parameters(name: str, node: str = "/**") -> dict[str, Any]:
    """Parameters of a node in a packaged file."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "config" / name).read_text())[node]["ros__parameters"]
    return found


def nanoseconds(message: Any) -> int:
    return int(message.header.stamp.sec * 10**9 + message.header.stamp.nanosec)


class Camera:
    """Colour with texture everywhere, dark on the left and bright on the right, and depth taken a little later."""

    def __init__(self, robot: Robot, encoding: str = "16UC1", lag: int = LAG) -> None:
        random = np.random.default_rng(3)
        rgb = random.integers(0, 25, (HEIGHT // 4, WIDTH // 4, 1), np.uint8).repeat(4, 0).repeat(4, 1).repeat(3, 2)
        rgb[:, WIDTH // 2 :] += 230
        depth = (
            np.full((HEIGHT, WIDTH), 2000, np.uint16) if encoding == "16UC1" else np.full((HEIGHT, WIDTH), 2.0, "f4")
        )
        self.grey: np.ndarray = rgb[..., 0]
        self.stamps: list[int] = []
        self._robot, self._lag, self._next = robot, lag, 10**12
        self._colour, self._depth = image(rgb), image(depth.view(np.uint8), encoding, width=WIDTH)

    def show(self) -> None:
        """Publish the next frame."""
        stamp = self._next
        self._next += PERIOD
        self.stamps.append(stamp)
        for topic, message, at in (
            ("camera_info", CameraInfo(width=WIDTH, height=HEIGHT), stamp),
            ("image", self._colour, stamp),
            ("depth", self._depth, stamp + self._lag),
        ):
            message.header.frame_id = "camera"
            message.header.stamp.sec, message.header.stamp.nanosec = divmod(at, 10**9)
            self._robot.publisher(type(message), topic, ReliabilityPolicy.RELIABLE).publish(message)

    def run(self) -> None:
        """Publish a second's frames at the camera's rate, and wait for what comes of the last."""
        self.stamps.clear()
        for _ in range(FRAMES):
            self.show()
            self._robot.until(lambda: False, PERIOD / 10**9)
        self._robot.until(lambda: False, 0.5)


@pytest.fixture(scope="module")
def node(tiny: Path) -> Iterator[Robot]:
    """A robot beside one node, for all of these."""
    segment, robot = Segment(model(tiny), ("__ns:=/slam",)), Robot("slam")
    assert robot.until(lambda: robot.state() == "active")
    yield robot
    robot.close()
    segment.close()


@pytest.fixture
def feed(node: Robot) -> Iterator[Callable[..., None]]:
    """Subscribes topics as the streams of a synchronizer; unsubscribes after the test."""
    made = []

    def feed(synchronizer: Any, **topics: type) -> None:
        for stream, (topic, kind) in enumerate(topics.items()):

            def take(message: Any, stream: int = stream) -> None:
                synchronizer.add(stream, nanoseconds(message), message)

            made.append(node.node.create_subscription(kind, topic.replace("__", "/"), take, BEST_EFFORT))

    yield feed
    for subscription in made:
        node.node.destroy_subscription(subscription)
    node.unplug()


def watch(robot: Robot, camera: Camera, synchronizer: Any) -> list[dict[int, Any]]:
    """Sets that a synchronizer passes on in a run that begins with the first set; a busy machine gets three runs."""

    def flowing() -> bool:
        camera.show()
        robot.until(lambda: False, 0.05)
        return bool(synchronizer.sets)

    assert robot.until(flowing), "no set ever came together"
    robot.until(lambda: False, 0.3)
    for _ in range(3):
        synchronizer.sets.clear()
        camera.run()
        if len(synchronizer.sets) == FRAMES:
            break
    return list(synchronizer.sets)


def test_cuvslam_tracks_every_image_with_its_mask(node: Robot, feed) -> None:
    assert parameters("cuvslam.yaml")["image_qos"] == "SENSOR_DATA"
    synchronizer = StreamSynchronizer(2, 5 * MILLISECOND, 2, parameters("cuvslam.yaml")["image_buffer_size"])
    feed(synchronizer, image=Image, segmenter__ignore_mask=Image)
    camera = Camera(node)
    sets = watch(node, camera, synchronizer)
    assert [nanoseconds(taken[0]) for taken in sets] == camera.stamps
    for taken in sets:
        colour, mask = taken[0], taken[1]
        assert mask.header == colour.header
        assert mask.encoding == "mono8"
        assert (mask.width, mask.height, mask.step) == (colour.width, colour.height, colour.width)
        usable = consumers.cuvslam(pixels(mask))
        assert not usable[LEFT].any()
        assert usable[RIGHT].all()


def test_cuvslam_tracks_an_rgbd_camera_whose_depth_lags(node: Robot, feed) -> None:
    synchronizer = StreamSynchronizer(3, 10 * MILLISECOND, 3)
    feed(synchronizer, image=Image, segmenter__ignore_mask=Image, depth=Image)
    assert len(watch(node, Camera(node), synchronizer)) == FRAMES


def test_cuvslam_tracks_no_image_without_a_mask() -> None:
    synchronizer = StreamSynchronizer(2, 5 * MILLISECOND, 2)
    for number in range(6):
        synchronizer.add(0, number * PERIOD, number)
    for number in (0, 1, 3, 5):
        synchronizer.add(1, number * PERIOD, number)
    assert [taken[0] for taken in synchronizer.sets] == [0, 1, 3, 5]
    assert all(taken[0] == taken[1] for taken in synchronizer.sets)


def test_nvblox_colours_every_image_with_its_mask(node: Robot, feed) -> None:
    assert parameters("nvblox.yaml")["input_qos"] == "SENSOR_DATA"
    synchronizer = ExactTime(4)
    feed(
        synchronizer,
        image=Image,
        camera_info=CameraInfo,
        segmenter__foreground_mask=Image,
        segmenter__camera_info=CameraInfo,
    )
    camera = Camera(node)
    sets = watch(node, camera, synchronizer)
    assert [nanoseconds(taken[0]) for taken in sets] == camera.stamps
    for taken in sets:
        mask, info = taken[2], taken[3]
        assert mask.encoding == "mono8"
        assert (info.width, info.height) == (mask.width, mask.height)
        dynamic = pixels(mask) > 0  # image_conversions.cpp takes mono8 only, the mapper splits at > 0
        assert dynamic[LEFT].all()
        assert not dynamic[RIGHT].any()


def test_nvblox_maps_every_depth_with_the_mask_of_its_time(node: Robot, feed) -> None:
    synchronizer = ApproximateTime(4)
    feed(
        synchronizer,
        depth=Image,
        camera_info=CameraInfo,
        segmenter__foreground_mask=Image,
        segmenter__camera_info=CameraInfo,
    )
    sets = watch(node, Camera(node), synchronizer)
    assert len(sets) >= FRAMES - 1  # the last waits for a later message that proves it the nearest
    assert all(nanoseconds(taken[0]) - nanoseconds(taken[2]) == LAG for taken in sets)


@pytest.mark.parametrize("encoding", ["16UC1", "32FC1"])
def test_rtabmap_finds_features_on_static_things_only(node: Robot, feed, encoding: str) -> None:
    sync = parameters("rtabmap.yaml", "/**/static_sync")
    synchronizer = ApproximateTime(3, sync["sync_queue_size"], sync["approx_sync_max_interval"] * 10**9)
    feed(synchronizer, image=Image, segmenter__static_depth__image=Image, camera_info=CameraInfo)
    camera = Camera(node, encoding)
    sets = watch(node, camera, synchronizer)
    assert len(sets) >= FRAMES - 1
    assert any(x < WIDTH // 2 for x, _ in consumers.orb(camera.grey, None)), "the foreground has features"
    for taken in sets:
        depth = taken[1]
        assert nanoseconds(depth) - nanoseconds(taken[0]) == LAG, "its own stamp, not the colour image's"
        assert depth.encoding == encoding
        metres = np.frombuffer(depth.data, np.uint16 if encoding == "16UC1" else np.float32).reshape(HEIGHT, WIDTH)
        usable = consumers.rtabmap(metres)
        assert not usable[LEFT].any()
        assert usable[RIGHT].all()
        found = [x for x, _ in consumers.orb(camera.grey, usable)]
        assert found
        assert min(found) > WIDTH // 2 - 20


def test_rtabmap_may_synchronize_exactly_where_colour_and_depth_bear_one_stamp(node: Robot, feed) -> None:
    synchronizer = ExactTime(3)
    feed(synchronizer, image=Image, segmenter__static_depth__image=Image, camera_info=CameraInfo)
    camera = Camera(node, lag=0)
    assert [nanoseconds(taken[0]) for taken in watch(node, camera, synchronizer)] == camera.stamps


def test_static_depth_and_its_calibration_bear_one_stamp(node: Robot, feed) -> None:
    synchronizer = ExactTime(2)  # image_transport, camera_subscriber.cpp; depth_image_proc subscribes with it
    feed(synchronizer, segmenter__static_depth__image=Image, segmenter__static_depth__camera_info=CameraInfo)
    camera = Camera(node)
    sets = watch(node, camera, synchronizer)
    assert [nanoseconds(taken[0]) - LAG for taken in sets] == camera.stamps
    assert all(taken[0].header == taken[1].header for taken in sets)
    assert all((taken[1].width, taken[1].height) == (WIDTH, HEIGHT) for taken in sets)


def test_a_mask_of_each_polarity_serves_those_who_take_no_topic(node: Robot, feed) -> None:
    synchronizer = ExactTime(2)
    feed(synchronizer, segmenter__ignore_mask=Image, segmenter__static_mask=Image)
    taken = watch(node, Camera(node), synchronizer)[0]
    ignore, static = pixels(taken[0]), pixels(taken[1])
    usable = {
        "OpenVINS": consumers.open_vins(ignore),
        "stella_vslam": consumers.stella_vslam(static),
        "Kimera-VIO": consumers.kimera(static),
        "DynaSLAM": consumers.dyna_slam(static // 255),
    }
    for name, kept in usable.items():
        assert kept.shape == (HEIGHT, WIDTH), name
        assert not kept[LEFT].any(), name
        assert kept[:, WIDTH // 2 + 80 :].any(), name
    assert not consumers.dyna_slam(static).any(), "DynaSLAM wants ones: 255 leaves it nothing"
