# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Bags of a camera with depth, calibration, and transforms from odom over the robot to the camera."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from rosbags.rosbag2 import StoragePlugin, Writer

from bgflow_ros.media.posed_recording import PosedDepth
from support.bag_messages import IMAGE, STORE, image_message, message_header

__all__ = ["MOUNT", "write"]

INFO, TF = "sensor_msgs/msg/CameraInfo", "tf2_msgs/msg/TFMessage"
MOUNT = np.array([[0.0, 0, 1, 0.1], [-1, 0, 0, 0.02], [0, -1, 0, 0.3], [0, 0, 0, 1]])
"""Pose of the camera's optical frame in that of the robot (REP 103)."""


def write(
    path: Path,
    images: Sequence[np.ndarray],
    views: Sequence[PosedDepth],
    period: int = 100_000_000,
    lag: int = 3_000_000,
    storage: StoragePlugin = StoragePlugin.MCAP,
) -> Path:
    """Write images, RGB, and their depth every `period` ns, depth `lag` ns later, transforms between them in time."""
    with Writer(path, version=9, storage_plugin=storage) as writer:
        topics = {
            name: writer.add_connection(name, kind, typestore=STORE)
            for name, kind in (
                ("/camera/image", IMAGE),
                ("/camera/depth", IMAGE),
                ("/camera/camera_info", INFO),
                ("/tf", TF),
                ("/tf_static", TF),
            )
        }

        def send(name: str, message: Any, now: int) -> None:
            writer.write(topics[name], now, STORE.serialize_cdr(message, topics[name].msgtype))

        send("/tf_static", _transforms(0, "base_link", "camera", MOUNT), 0)
        poses = [view.pose @ np.linalg.inv(MOUNT) for view in views]
        for number, (image, view) in enumerate(zip(images, views, strict=True)):
            now = (number + 1) * period
            depth = np.nan_to_num(view.depth).astype(np.float32)
            # The first and the last lie a little outside, so that every image is between two of them.
            for when, pose in ((now - 1000, poses[number]), (now + 1000, poses[number])):
                send("/tf", _transforms(when, "odom", "base_link", pose), now)
            send("/camera/camera_info", _info(_header(now), view), now)
            send("/camera/image", image_message(_header(now), image, "rgb8"), now)
            send("/camera/depth", image_message(_header(now + lag), depth, "32FC1"), now + lag)
    return path


def _header(stamp: int) -> Any:
    return message_header(*divmod(stamp, 1_000_000_000), frame="camera")


def _info(head: Any, view: PosedDepth) -> Any:
    height, width = view.depth.shape
    fx, fy, cx, cy = view.intrinsics
    k = np.array([fx, 0, cx, 0, fy, cy, 0, 0, 1])
    region = STORE.types["sensor_msgs/msg/RegionOfInterest"](0, 0, 0, 0, False)
    return STORE.types[INFO](
        head, height, width, "plumb_bob", np.zeros(5), k, np.eye(3).ravel(), np.zeros(12), 0, 0, region
    )


def _transforms(stamp: int, parent: str, child: str, pose: np.ndarray) -> Any:
    turn = cv2.Rodrigues(pose[:3, :3])[0].ravel()
    angle = max(float(np.linalg.norm(turn)), 1e-12)
    x, y, z = turn / angle * np.sin(angle / 2)
    kinds = STORE.types
    one = kinds["geometry_msgs/msg/TransformStamped"](
        message_header(*divmod(stamp, 1_000_000_000), frame=parent),
        child,
        kinds["geometry_msgs/msg/Transform"](
            kinds["geometry_msgs/msg/Vector3"](*map(float, pose[:3, 3])),
            kinds["geometry_msgs/msg/Quaternion"](float(x), float(y), float(z), float(np.cos(angle / 2))),
        ),
    )
    return kinds[TF]([one])
