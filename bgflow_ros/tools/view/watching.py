# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""View of a running node for `bgflow view`, which subscribes only to topics that are shown."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import rclpy
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.exceptions import InvalidNamespaceException, InvalidTopicNameException
from rclpy.executors import ExternalShutdownException
from rclpy.qos import HistoryPolicy, QoSProfile, ReliabilityPolicy
from rclpy.validate_namespace import validate_namespace
from rclpy.validate_topic_name import validate_topic_name
from sensor_msgs.msg import CameraInfo, CompressedImage, Image, PointCloud2

from bgflow_ros.node.compatibility import running_ros
from bgflow_ros.node.diagnostics import UNKNOWN, Complaints
from bgflow_ros.node.drops import Drops
from bgflow_ros.node.guarded import Guarded
from bgflow_ros.node.messages import to_rgb
from bgflow_ros.node.publishers import obstacle, publishers
from bgflow_ros.node.subscription import STEADY, ImageSubscription
from bgflow_ros.segmentation import depth
from bgflow_ros.segmentation.camera_calibration import intrinsics
from bgflow_ros.segmentation.errors import ImageError, UserError
from bgflow_ros.segmentation.images import Decoder
from bgflow_ros.segmentation.message_fields import nanoseconds
from bgflow_ros.tools.view.scene import AGE, RATE, Scene

__all__ = ["check_names", "watch"]

SEGMENTER = "segmenter"
NUMBERS = {
    "age p50 (ms)": f"{AGE}/p50",
    "age p95 (ms)": f"{AGE}/p95",
    "input rate (Hz)": f"{RATE}/input",
    "output rate (Hz)": f"{RATE}/output",
}
"""Entities in which values of the node's diagnostics are plotted."""
NEWEST = QoSProfile(history=HistoryPolicy.KEEP_LAST, depth=1, reliability=ReliabilityPolicy.RELIABLE)
LEVELS = {DiagnosticStatus.OK: "OK", DiagnosticStatus.WARN: "Warning", DiagnosticStatus.ERROR: "Error"}


def check_names(namespace: str, *topics: str) -> None:
    """Check names that a user has given; an empty namespace is the root.

    Raises:
        UserError: ROS does not allow one of them.
    """
    try:
        validate_namespace("/" + namespace.strip("/"))
        for topic in topics:
            validate_topic_name(topic)
    except (InvalidNamespaceException, InvalidTopicNameException) as error:
        raise UserError(" ".join(str(error).split())) from error


def watch(scene: Scene, namespace: str, image: str, depth_topic: str | None, rate: float) -> None:
    """Show the node and its camera until the process is told to stop.

    Args:
        scene: scene that shows them.
        namespace: namespace of the node.
        image: topic of the camera's images; one that ends in /compressed carries compressed images.
        depth_topic: topic of the camera's depth; None shows neither depth nor points.
        rate: greatest number of messages of a topic that are shown per second.
    """
    with running_ros():
        node = Watcher(scene, namespace, image, depth_topic, rate)
        try:
            rclpy.spin(node)
        except (KeyboardInterrupt, ExternalShutdownException):
            pass
        finally:
            node.destroy_node()


class Watcher(Guarded):
    """Node that keeps only the newest message of a topic, so that a slow window shows fewer frames, but no old ones."""

    def __init__(self, scene: Scene, namespace: str, image: str, depth_topic: str | None, rate: float) -> None:
        super().__init__("view", namespace=namespace)
        self._scene = scene
        self._period = round(1e9 / rate)
        self._drops = Drops(self.get_logger().warning)
        self._complaints = Complaints(self.get_logger().warning)
        self._calibrated: CameraInfo | None = None
        self._watched: dict[str, type] = {}
        decoder = Decoder()
        self._watch_images(image, lambda message: scene.image(to_rgb(message, decoder)))
        self._watch_images(f"{SEGMENTER}/likelihood", lambda message: scene.likelihood(_pixels(message, np.float32)))
        self._watch_images(f"{SEGMENTER}/foreground_mask", lambda message: scene.foreground(_pixels(message, np.uint8)))
        self._watch_images(f"{SEGMENTER}/static_mask", lambda message: scene.static(_pixels(message, np.uint8)))
        self._watch_images(f"{SEGMENTER}/labels", lambda message: scene.labels(_pixels(message, np.uint8)))
        if depth_topic is not None:
            self._watch_images(depth_topic, lambda message: scene.depth(depth.decode(message)))
            points = f"{SEGMENTER}/foreground_points"
            self.create_subscription(PointCloud2, points, self._shower(points, self._show_points), NEWEST)
            self.create_subscription(CameraInfo, f"{SEGMENTER}/camera_info", self._show_calibration, NEWEST)
        # All messages are kept, since several nodes publish every second and the newest need not be the segmenter's.
        self.create_subscription(DiagnosticArray, "/diagnostics", self._show_diagnostics, 10)
        self.create_timer(1.0, self._complain, clock=STEADY)

    def _watch_images(self, topic: str, show: Callable[[Any], None]) -> None:
        show_some = self._shower(topic, show)
        kind = CompressedImage if topic.endswith("/compressed") else Image
        subscription = ImageSubscription(
            self, topic, kind, "auto", 1, lambda message, _: show_some(message), self.default_callback_group
        )
        self._watched[subscription.topic] = kind

    def _complain(self) -> None:
        """Log topics with another type than the subscription's, from which no message can arrive."""
        look = functools.partial(publishers, self)
        self._complaints.update(obstacle(topic, kind, look) for topic, kind in self._watched.items())

    def _shower(self, topic: str, show: Callable[[Any], None]) -> Callable[[Any], None]:
        """Show the first message of each period by its stamp, so that image and masks belong to the same frame."""
        last = -1

        def receive(message: Any) -> None:
            nonlocal last
            stamp = nanoseconds(message.header)
            if stamp // self._period == last:
                return
            last = stamp // self._period
            self._scene.at_stamp(stamp)
            try:
                show(message)
            except ImageError as error:
                self._drops.add(f"{topic}: {error.cause}", f"{topic}: {error}")

        return receive

    def _show_points(self, message: PointCloud2) -> None:
        # A point is three float32 and nothing else, see `to_points`.
        self._scene.points(np.frombuffer(message.data, np.float32).reshape(-1, 3))

    def _show_calibration(self, message: CameraInfo) -> None:
        known = self._calibrated
        same = known is not None and (known.width, known.height) == (message.width, message.height)
        if known is not None and same and (known.k == message.k).all():
            return
        self._calibrated = message  # published by the node, which has removed binning and region of interest
        try:
            self._scene.calibration(intrinsics(message), message.width, message.height)
        except ImageError as error:
            self._drops.add(error.cause, str(error))

    def _show_diagnostics(self, message: DiagnosticArray) -> None:
        name = f"{self.get_namespace().rstrip('/')}/{SEGMENTER}: "
        for status in message.status:
            if not status.name.startswith(name):
                continue
            self._scene.at_stamp(nanoseconds(message.header))
            values = {pair.key: pair.value for pair in status.values}
            known = {key: value for key, value in values.items() if key in NUMBERS and value != UNKNOWN}
            self._scene.statistics({NUMBERS[key]: float(value) for key, value in known.items()})
            rows = "\n".join(f"| {key} | {value} |" for key, value in values.items() if value)
            head = f"**{LEVELS.get(status.level, 'Stale')}**: {status.message}"
            self._scene.node(f"{head}\n\n| | |\n| --- | --- |\n{rows}\n")


def _pixels(message: Image, kind: type[np.float32] | type[np.uint8]) -> Any:
    return np.frombuffer(message.data, kind).reshape(message.height, message.width)
