# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Publish images, videos or bags as a camera does: `image`, `camera_info` and, where there is any, `depth`.

After the last frame the camera starts again with the first one.
"""

from __future__ import annotations

import argparse
import copy
import itertools
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import rclpy
import yaml
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header

from bgflow_ros.media.sources import Camera, Frame, MediaError, Source, sources
from bgflow_ros.node.compatibility import running_ros
from bgflow_ros.node.messages import to_image


def endless(found: list[Source]) -> Iterator[Frame]:
    """Yield the frames of all sources over and over; files that cannot be read are reported and skipped."""
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
            raise MediaError("no frame could be read; expected images, videos or bags with images")


def calibration(paths: list[str]) -> CameraInfo:
    """Calibration in a file camera.yaml (in the format of camera_calibration) in or beside the first path.

    Without such a file all values are 0, which means uncalibrated.
    """
    info = CameraInfo()
    folder = Path(paths[0]) if paths else Path()
    for place in (folder, folder.parent):
        if (place / "camera.yaml").is_file():
            found = yaml.safe_load((place / "camera.yaml").read_text())
            info.width, info.height = found["image_width"], found["image_height"]
            info.distortion_model = found["distortion_model"]
            info.d = found["distortion_coefficients"]["data"]
            info.k = found["camera_matrix"]["data"]
            # A camera that is not rectified has no matrices for that, as in the drives of `bgflow drives`.
            fx, _, cx, _, fy, cy, *_ = info.k
            info.r = found.get("rectification_matrix", {"data": np.eye(3).ravel().tolist()})["data"]
            own = [fx, 0.0, cx, 0.0, 0.0, fy, cy, 0.0, 0.0, 0.0, 1.0, 0.0]
            info.p = found.get("projection_matrix", {"data": own})["data"]
            break
    return info


def camera_info(image: Image, calibrated: CameraInfo) -> CameraInfo:
    """Calibration of an image: that of the file if it is for images of this size, otherwise an empty one."""
    fits = (calibrated.width, calibrated.height) == (image.width, image.height)
    info = copy.copy(calibrated) if fits else CameraInfo(width=image.width, height=image.height)
    info.header = image.header
    return info


def depth_of(paths: list[str], frame: Frame) -> npt.NDArray[np.uint16] | None:
    """Depth in millimetres from the file depth/NNNN.png beside a video, as in demo/room; None without such a file."""
    number = frame.name.rpartition("_")[2]
    path = Path(paths[0]).parent / "depth" / f"{int(number):04d}.png" if paths and number.isdecimal() else Path()
    return cv2.imread(str(path), cv2.IMREAD_UNCHANGED) if path.is_file() else None  # type: ignore[return-value]


def main() -> None:
    """Publish until the process is told to stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", nargs="*", help="images, folders, videos or bags")
    parser.add_argument("--camera", type=int, metavar="N", help="number of a real camera to use instead")
    parser.add_argument("--rate", type=float, default=30.0, help="frames a second (%(default)s)")
    arguments, ros_arguments = parser.parse_known_args()
    live = arguments.camera is not None
    frames = endless([Camera(arguments.camera)] if live else sources(arguments.paths))
    # The first frame is decoded before anything is published, so that a wrong path ends the program here.
    frames = itertools.chain([next(frames)], frames)
    calibrated = calibration(arguments.paths)
    with running_ros(args=ros_arguments):
        node = Node("camera")
        images = node.create_publisher(Image, "image", 2)
        depths = node.create_publisher(Image, "depth", 2)
        infos = node.create_publisher(CameraInfo, "camera_info", 10)
        due = time.monotonic()
        try:
            for frame in frames:
                header = Header(stamp=node.get_clock().now().to_msg(), frame_id="camera_optical_frame")
                image = to_image(header, frame.rgb, "rgb8")
                infos.publish(camera_info(image, calibrated))
                images.publish(image)
                if (depth := depth_of(arguments.paths, frame)) is not None:
                    depths.publish(to_image(header, depth, "16UC1"))
                due = max(due + 1 / arguments.rate, time.monotonic() - 1)
                time.sleep(max(0.0, due - time.monotonic()))
                rclpy.spin_once(node, timeout_sec=0)
        except (KeyboardInterrupt, ExternalShutdownException):
            pass
        except Exception:
            if rclpy.ok():  # otherwise it was told to stop while it published
                raise


if __name__ == "__main__":
    try:
        main()
    except MediaError as error:
        raise SystemExit(f"camera: {error}") from error
