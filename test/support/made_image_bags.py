# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Bags that hold images alone, ten a topic."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore

HEIGHT, WIDTH = 48, 64

TYPES = get_typestore(Stores.LATEST)


def frame(level: int) -> np.ndarray:
    return np.full((HEIGHT, WIDTH, 3), (level, level // 2, 255 - level), np.uint8)


def write_bag(
    path: Path, storage: StoragePlugin, compressed: bool = False, topics: tuple[str, ...] = ("/image",)
) -> Path:
    """Ten frames a topic, 20 a second."""
    kind = "sensor_msgs/msg/" + ("CompressedImage" if compressed else "Image")
    header_type, time_type = TYPES.types["std_msgs/msg/Header"], TYPES.types["builtin_interfaces/msg/Time"]
    with Writer(path, version=9, storage_plugin=storage) as writer:
        for topic in topics:
            connection = writer.add_connection(topic, kind, typestore=TYPES)
            for number in range(10):
                header = header_type(stamp=time_type(sec=number, nanosec=0), frame_id="camera")
                rgb = frame(20 * number)
                if compressed:
                    data = cv2.imencode(".png", rgb[..., ::-1])[1]
                    message = TYPES.types[kind](header=header, format="png", data=data)
                else:
                    message = TYPES.types[kind](
                        header=header,
                        height=HEIGHT,
                        width=WIDTH,
                        encoding="rgb8",
                        is_bigendian=0,
                        step=3 * WIDTH,
                        data=rgb.ravel(),
                    )
                writer.write(connection, number * 50_000_000, TYPES.serialize_cdr(message, kind))
    return path
