# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Camera of the benchmark: publishes moving images that were made in advance, stamped when they are published.

It waits for a subscriber, publishes until it is interrupted, and then writes the stamps of all frames.
"""

from __future__ import annotations

import argparse
import json
import time

import numpy as np
import numpy.typing as npt
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.signals import SignalHandlerOptions
from rclpy.time import Time
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header

from bgflow_ros.node.compatibility import running_ros
from bgflow_ros.node.messages import to_image
from bgflow_ros.segmentation.files import user_path, write_atomically
from bgflow_ros.tools.interrupts import note_interrupts
from bgflow_ros.tools.node_benchmark.children import PUBLISHING

IMAGES = 16
"""Images that are made in advance and published in turn."""


def images(width: int, height: int) -> list[npt.NDArray[np.uint8]]:
    """Make images (H x W x 3) of a bright wall over a darker floor, with grain and a box that passes through."""
    grain = np.random.default_rng(0).integers(-12, 13, (height, width, 1), np.int16)
    floor = np.arange(height)[:, None, None] > 0.6 * height
    room = np.where(floor, (110, 90, 70), (205, 200, 190)) + grain
    side = max(height // 3, 1)
    made = []
    for number in range(IMAGES):
        image = room.copy()
        left = (width - side) * number // IMAGES
        image[height // 2 : height // 2 + side, left : left + side] = (40, 60, 150)
        made.append(image.clip(0, 255).astype(np.uint8))
    return made


def main() -> None:
    """Publish until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=user_path, help="file for the stamps (JSON, nanoseconds)")
    parser.add_argument("--size", type=int, nargs=2, required=True, metavar=("WIDTH", "HEIGHT"))
    parser.add_argument("--rate", type=float, required=True, help="frames a second")
    parser.add_argument("--best-effort", action="store_true", help="publish best effort instead of reliable")
    arguments = parser.parse_args()
    width, height = arguments.size
    messages = [to_image(Header(frame_id="camera"), image, "rgb8") for image in images(width, height)]
    info = CameraInfo(width=width, height=height)
    reliability = ReliabilityPolicy.BEST_EFFORT if arguments.best_effort else ReliabilityPolicy.RELIABLE
    stamps: list[int] = []
    stopped = note_interrupts()
    with running_ros(args=[], signal_handler_options=SignalHandlerOptions.NO):
        node = Node("camera")
        publisher = node.create_publisher(Image, "image", QoSProfile(depth=2, reliability=reliability))
        info_publisher = node.create_publisher(CameraInfo, "camera_info", QoSProfile(depth=2, reliability=reliability))
        while not publisher.get_subscription_count() and not stopped.is_set():
            time.sleep(0.02)
        print(PUBLISHING, flush=True)
        due = time.monotonic()
        while not stopped.is_set():
            message = messages[len(stamps) % IMAGES]
            stamp = time.time_ns()
            message.header.stamp = Time(nanoseconds=stamp).to_msg()
            info.header = message.header
            info_publisher.publish(info)
            publisher.publish(message)
            stamps.append(stamp)
            # Keep the beat after a late frame; a delay of more than a second is not made up for.
            due = max(due + 1 / arguments.rate, time.monotonic() - 1)
            time.sleep(max(0.0, due - time.monotonic()))
    write_atomically(arguments.file, json.dumps(stamps).encode())


if __name__ == "__main__":
    main()
