# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Generator of bags that hold images alone, ten for each topic."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from rosbags.rosbag2 import StoragePlugin, Writer

from support.bag_messages import HEIGHT, IMAGE, STORE, WIDTH, image_message, message_header


def frame(level: int) -> np.ndarray:
    return np.full((HEIGHT, WIDTH, 3), (level, level // 2, 255 - level), np.uint8)


def write_bag(
    path: Path, storage: StoragePlugin, compressed: bool = False, topics: tuple[str, ...] = ("/image",)
) -> Path:
    """Write a bag with ten frames for each topic at 20 Hz."""
    kind = "sensor_msgs/msg/CompressedImage" if compressed else IMAGE
    with Writer(path, version=9, storage_plugin=storage) as writer:
        for topic in topics:
            connection = writer.add_connection(topic, kind, typestore=STORE)
            for number in range(10):
                header, rgb = message_header(number, frame="camera"), frame(20 * number)
                if compressed:
                    data = cv2.imencode(".png", rgb[..., ::-1])[1]
                    message = STORE.types[kind](header=header, format="png", data=data)
                else:
                    message = image_message(header, rgb, "rgb8")
                writer.write(connection, number * 50_000_000, STORE.serialize_cdr(message, kind))
    return path
