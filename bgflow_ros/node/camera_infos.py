# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The camera's calibration, which is read while there is a subscriber to outputs that need it."""

from __future__ import annotations

import time

from rclpy.node import Node
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import CameraInfo

from bgflow_ros.node.gate import Gate
from bgflow_ros.node.publishers import count, obstacle, publishers
from bgflow_ros.segmentation.camera_calibration import doubt, fit_camera_info
from bgflow_ros.segmentation.errors import ImageError

__all__ = ["CameraInfos"]

PATIENCE = 1.5
"""Seconds without a calibration after which the node complains."""


class CameraInfos:
    """Keeps the newest CameraInfo and fits it to images; thread-safe.

    Args:
        node: node that subscribes.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._gate = Gate()
        self._newest: CameraInfo | None = None
        self._refusal = self._doubt = ""
        self._since = time.monotonic()
        self._subscription = node.create_subscription(
            CameraInfo, "camera_info", self._receive, qos_profile_sensor_data, callback_group=self._gate
        )
        self.topic: str = self._subscription.topic_name

    def destroy(self) -> None:
        """Unsubscribe."""
        self._node.destroy_subscription(self._subscription)

    def read(self, wanted: bool) -> None:
        """Read or ignore what the camera publishes; call it only in a callback of the executor (see `Gate`)."""
        if wanted and not self._gate.open:
            self._since = time.monotonic()
            self._refusal = self._doubt = ""
        self._gate.open = wanted

    def fit(self, width: int, height: int, frame: str) -> CameraInfo | None:
        """Fit the newest CameraInfo to an image; None where there is none that fits, which `complaint` reports.

        Args:
            width: width of the image, in pixels.
            height: height of the image, in pixels.
            frame: the frame_id of the image.
        """
        newest = self._newest
        if newest is None:
            return None
        try:
            fitted: CameraInfo = fit_camera_info(newest, width, height)
        except ImageError as error:
            self._refusal = str(error)
            return None
        self._refusal, self._doubt = "", doubt(newest, frame)
        return fitted

    def complaint(self) -> str:
        """Say why outputs that need the calibration cannot be made or are doubtful; empty where nothing is wrong."""
        if not self._gate.open:
            return ""
        if self._newest is not None:
            return self._refusal or self._doubt
        there = publishers(self._node, self.topic)
        if wrong := obstacle(self.topic, CameraInfo, lambda _: there):
            return wrong
        late = time.monotonic() - self._since > PATIENCE
        return f"no camera_info on {self.topic} ({count(len(there))})" if late else ""

    def _receive(self, info: CameraInfo) -> None:
        self._newest = info
