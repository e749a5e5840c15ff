# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""A camera made of files: publishes `image` and `camera_info` at a steady rate, over and over."""

from __future__ import annotations

import argparse
import itertools
import time
from collections.abc import Iterator

import numpy as np
import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header

from bgflow_ros.media import Camera, Frame, MediaError, Source, sources
from bgflow_ros.ros.messages import to_image

FIELD_OF_VIEW = np.deg2rad(60)
"""Assumed, horizontally: a file does not tell what its camera saw."""


def endless(found: list[Source]) -> Iterator[Frame]:
    """Frames of all sources, from the start again after the last; whatever cannot be read is passed over."""
    while True:
        readable = 0
        for source in found:
            try:
                for frame in source.frames():
                    readable += 1
                    yield frame
            except MediaError as error:
                print(f"camera: {error}", flush=True)
        if not readable:
            raise MediaError("nothing to show: no frame could be read")


def camera_info(image: Image) -> CameraInfo:
    """Pinhole intrinsics of the assumed field of view."""
    focal = image.width / 2 / np.tan(FIELD_OF_VIEW / 2)
    k = [focal, 0.0, image.width / 2, 0.0, focal, image.height / 2, 0.0, 0.0, 1.0]
    p = [*k[:3], 0.0, *k[3:6], 0.0, *k[6:], 0.0]
    r = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]
    return CameraInfo(
        header=image.header,
        height=image.height,
        width=image.width,
        distortion_model="plumb_bob",
        d=[0.0] * 5,
        k=k,
        r=r,
        p=p,
    )


def main() -> None:
    """Publish until told to stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", nargs="*", help="pictures, folders, videos or bags")
    parser.add_argument("--camera", type=int, metavar="N", help="a real camera instead")
    parser.add_argument("--rate", type=float, default=30.0, help="frames a second (%(default)s)")
    arguments, ros_arguments = parser.parse_known_args()
    live = arguments.camera is not None
    frames = endless([Camera(arguments.camera)] if live else sources(arguments.paths))
    # Decoded before anything is published, so that a wrong path ends here.
    frames = itertools.chain([next(frames)], frames)
    with rclpy.init(args=ros_arguments):
        node = Node("camera")
        images = node.create_publisher(Image, "image", 2)
        infos = node.create_publisher(CameraInfo, "camera_info", 10)
        due = time.monotonic()
        try:
            for frame in frames:
                header = Header(stamp=node.get_clock().now().to_msg(), frame_id="camera_optical_frame")
                image = to_image(header, frame.rgb, "rgb8")
                infos.publish(camera_info(image))
                images.publish(image)
                due = max(due + 1 / arguments.rate, time.monotonic() - 1)
                time.sleep(max(0.0, due - time.monotonic()))
                rclpy.spin_once(node, timeout_sec=0)
        except (KeyboardInterrupt, ExternalShutdownException):
            pass


if __name__ == "__main__":
    try:
        main()
    except MediaError as error:
        raise SystemExit(f"camera: {error}") from error
