# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Generator of bags of a drive: colour, slightly later depth, calibration, and a message type of the robot's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rosbags.rosbag2 import Reader, StoragePlugin, Writer
from rosbags.typesys import get_types_from_msg

from bgflow_ros.segmentation.depth import Intrinsics
from bgflow_ros.tools.cli.main import main
from support.bag_messages import HEIGHT, IMAGE, STORE, WIDTH, image_message, message_header

OWN = "house_msgs/msg/Door"

STORE.register(get_types_from_msg("string room\nfloat64 angle", OWN))

INFO = "sensor_msgs/msg/CameraInfo"

FRAMES = 6

CAMERA = Intrinsics(50.0, 50.0, 31.5, 23.5)

BOTH = pytest.mark.parametrize("storage", [StoragePlugin.MCAP, StoragePlugin.SQLITE3])


def header(number: int, lag: int = 0) -> Any:
    """Header of frame `number`, one a second; `lag` is in nanoseconds."""
    return message_header(100 + number, 5 + lag)


def room(number: int) -> np.ndarray:
    """Bright image with a dark object that moves to the right."""
    rgb = np.full((HEIGHT, WIDTH, 3), 230, np.uint8)
    rgb[:, 8 * number : 8 * number + 16] = 20
    return rgb


def depth(number: int) -> np.ndarray:
    return np.full((HEIGHT, WIDTH), 1000 + number, np.uint16)


def info(head: Any) -> Any:
    k = np.array([CAMERA.fx, 0, CAMERA.cx, 0, CAMERA.fy, CAMERA.cy, 0, 0, 1])
    region = STORE.types["sensor_msgs/msg/RegionOfInterest"](0, 0, 0, 0, False)
    return STORE.types[INFO](
        head, HEIGHT, WIDTH, "plumb_bob", np.zeros(5), k, np.eye(3).ravel(), np.zeros(12), 0, 0, region
    )


def write(path: Path, storage: StoragePlugin = StoragePlugin.MCAP, cameras: tuple[str, ...] = ("/cam",)) -> Path:
    """Write a drive: colour, slightly later depth, calibration, and messages of the robot's own type."""
    with Writer(path, version=9, storage_plugin=storage) as writer:
        door = writer.add_connection("/door", OWN, typestore=STORE)
        for camera in cameras:
            color = writer.add_connection(f"{camera}/color/image", IMAGE, typestore=STORE)
            far = writer.add_connection(f"{camera}/depth/image", IMAGE, typestore=STORE)
            calibration = writer.add_connection(f"{camera}/color/camera_info", INFO, typestore=STORE)
            for number in range(FRAMES):
                now = number * 50_000_000
                broken = {"step": 1} if number == 3 else {}
                for to, message, when in (
                    (calibration, info(header(number)), now),
                    (color, image_message(header(number), room(number), "rgb8", **broken), now),
                    (door, STORE.types[OWN](room="hall", angle=0.1 * number), now + 1),
                    (far, image_message(header(number, 3_000_000), depth(number), "16UC1"), now + 2),
                ):
                    writer.write(to, when, STORE.serialize_cdr(message, to.msgtype))
    return path


def read(path: Path) -> list[tuple[str, int, bytes]]:
    with Reader(path) as reader:
        return [(connection.topic, when, bytes(data)) for connection, when, data in reader.messages()]


def messages(path: Path, topic: str) -> list[Any]:
    with Reader(path) as reader:
        chosen = [connection for connection in reader.connections if connection.topic == topic]
        assert chosen, f"no topic {topic}"
        return [STORE.deserialize_cdr(data, connection.msgtype) for connection, _, data in reader.messages(chosen)]


def segment(bag: Path, out: Path, tiny: Path, *more: str) -> int:
    return main(["segment", str(bag), "--model", str(tiny), "--out", str(out), "--threads", "1", *more])
