# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Write the demo's room as a ROS 2 bag: a camera with JPEG images, its calibration, registered depth and transforms.

The camera drives round in eight seconds, at 30 images a second; more images go round again. Depth, in millimetres,
comes with every second image. Transforms lead from `odom` to `camera_optical_frame`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import yaml
from rosbags.rosbag2 import StoragePlugin, Writer, WriterError
from rosbags.typesys import Stores, get_typestore
from tqdm import tqdm

from bgflow_ros.media.sources import sources
from bgflow_ros.segmentation.message_fields import image_fields

ROOM = Path(__file__).resolve().parent / "room"
RATE = 30
FRAME = "camera_optical_frame"
STORE = get_typestore(Stores.LATEST)
TYPES = STORE.types
TOPICS = {
    "/camera/color/image_raw/compressed": "sensor_msgs/msg/CompressedImage",
    "/camera/color/camera_info": "sensor_msgs/msg/CameraInfo",
    "/camera/aligned_depth_to_color/image_raw": "sensor_msgs/msg/Image",
    "/tf": "tf2_msgs/msg/TFMessage",
}
STORAGE = {".db3": StoragePlugin.SQLITE3, ".mcap": StoragePlugin.MCAP}


def header(stamp: int, frame: str = FRAME) -> Any:
    """Header with a stamp in nanoseconds."""
    seconds, rest = divmod(stamp, 1_000_000_000)
    return TYPES["std_msgs/msg/Header"](TYPES["builtin_interfaces/msg/Time"](seconds, rest), frame)


def jpegs() -> list[np.ndarray]:
    """Read the room's images as JPEG."""
    frames = sources([ROOM / "rgb.mp4"])[0].frames()
    return [cv2.imencode(".jpg", frame.rgb[..., ::-1])[1].ravel() for frame in frames]


def calibration(head: Any) -> Any:
    """Calibration of the camera."""
    found = yaml.safe_load((ROOM / "camera.yaml").read_text())
    d, k, r, p = (
        np.array(found[name]["data"])
        for name in ("distortion_coefficients", "camera_matrix", "rectification_matrix", "projection_matrix")
    )
    region = TYPES["sensor_msgs/msg/RegionOfInterest"](0, 0, 0, 0, False)
    size = found["image_height"], found["image_width"]
    return TYPES["sensor_msgs/msg/CameraInfo"](head, *size, found["distortion_model"], d, k, r, p, 0, 0, region)


def transform(stamp: int, pose: np.ndarray) -> Any:
    """Transform of the camera from a place and a quaternion, x, y, z, w."""
    place = TYPES["geometry_msgs/msg/Vector3"](*map(float, pose[:3]))
    turn = TYPES["geometry_msgs/msg/Quaternion"](*map(float, pose[3:]))
    between = TYPES["geometry_msgs/msg/Transform"](place, turn)
    stamped = TYPES["geometry_msgs/msg/TransformStamped"](header(stamp, "odom"), FRAME, between)
    return TYPES["tf2_msgs/msg/TFMessage"]([stamped])


def write(out: Path, images: int, with_depth: bool) -> None:
    """Write a bag of a number of images."""
    pictures, poses = jpegs(), np.loadtxt(ROOM / "groundtruth.txt")[:, 1:]
    with Writer(out, version=9, storage_plugin=STORAGE.get(out.suffix, StoragePlugin.MCAP)) as writer:
        connections = {name: writer.add_connection(name, kind, typestore=STORE) for name, kind in TOPICS.items()}

        def send(message: Any, stamp: int) -> None:
            kind = message.__msgtype__
            connection = next(connection for name, connection in connections.items() if TOPICS[name] == kind)
            writer.write(connection, stamp, STORE.serialize_cdr(message, kind))

        for number in tqdm(range(images), "write", unit="image", leave=False):
            stamp, place = (number + 1) * 1_000_000_000 // RATE, number % len(pictures)
            send(transform(stamp, poses[place]), stamp)
            send(calibration(header(stamp)), stamp)
            send(TYPES["sensor_msgs/msg/CompressedImage"](header(stamp), "jpeg", pictures[place]), stamp)
            path = ROOM / "depth" / f"{place:04d}.png"
            if with_depth and path.is_file():
                depth = image_fields(cv2.imread(str(path), cv2.IMREAD_UNCHANGED), "16UC1")
                send(TYPES["sensor_msgs/msg/Image"](header=header(stamp), **depth), stamp)


def main() -> int:
    """Write the bag and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="folder of the new bag; NAME.db3 for SQLite instead of MCAP")
    parser.add_argument("--images", type=int, default=240, help="number of images (%(default)s)")
    parser.add_argument(
        "--no-depth", dest="depth", action="store_false", help="images, calibration and transforms alone"
    )
    arguments = parser.parse_args()
    if arguments.images < 1:
        parser.error(f"--images {arguments.images}: expected 1 or more")
    try:
        write(arguments.out, arguments.images, arguments.depth)
    except (OSError, WriterError) as error:
        parser.error(str(error))
    print(arguments.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
