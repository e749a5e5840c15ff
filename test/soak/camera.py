# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Robot whose camera publishes whenever the robot waits, and can be told to misbehave."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import cv2
import numpy as np
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image
from support.robot import PATIENCE, POLL, Robot, image

from bgflow_ros.node.compatibility import publication_number, with_message_info
from bgflow_ros.node.diagnostics import UNKNOWN
from bgflow_ros.segmentation.message_fields import nanoseconds
from bgflow_ros.tools.node_benchmark.camera import images

__all__ = ["MASK", "SLOW", "SMALL", "Behaviour", "FilmingRobot"]

MASK = "segmenter/foreground_mask"
DROPPED = "dropped: "


@dataclasses.dataclass(frozen=True)
class Behaviour:
    """Behaviour of the camera."""

    rate: float = 30.0
    """Frame rate in hertz; 0 is a silent camera."""
    size: tuple[int, int] = (640, 480)
    """Width and height in pixels."""
    encoding: str = "rgb8"
    spoil: Callable[[Image], None] | None = None
    """Function that alters a message before it is published."""
    stamp: Callable[[int], int] | None = None
    """Function from the time to the stamp, both in nanoseconds."""


SMALL = Behaviour(size=(160, 120))
"""Behaviour that leaves the processor to the node."""
SLOW = dataclasses.replace(SMALL, rate=10.0)
"""Behaviour for tests, several of which run in parallel."""


class FilmingRobot(Robot):
    """Robot that publishes frames whenever it waits, and records when each mask came.

    Args:
        behaviour: behaviour of the camera while no fault is at work.
    """

    def __init__(self, behaviour: Behaviour = Behaviour()) -> None:
        super().__init__()
        self.behaviour = self._usual = behaviour
        self.published = self.masks = self.gaps = 0
        """Number of frames published, of masks received, and of masks missing between these."""
        self.ages: list[tuple[float, float, str]] = []
        """Time of arrival (monotonic), age in seconds, and the fault meanwhile, for each mask."""
        self.happens = ""
        """Name of the fault at work, empty if there is none."""
        self.diagnosis = DiagnosticStatus()
        """Newest diagnostic status of the node."""
        self.node.create_subscription(DiagnosticArray, "/diagnostics", self._diagnose, 10)
        self._shown: dict[int, tuple[float, str]] = {}
        self._rooms: dict[tuple[int, int], list[np.ndarray]] = {}
        self._due = time.monotonic()
        self._last_mask: int | None = None
        self._publisher: Any = None
        self.plug()
        self.listen()

    def plug(self, reliability: ReliabilityPolicy = ReliabilityPolicy.RELIABLE) -> None:
        """Start or restart the camera."""
        if self._publisher is not None:
            self.node.destroy_publisher(self._publisher)
        self._publisher = self.node.create_publisher(Image, "image", QoSProfile(depth=2, reliability=reliability))

    def listen(self) -> None:
        """Subscribe to the mask."""
        self._last_mask = None
        self._subscription = self.node.create_subscription(Image, MASK, with_message_info(self._take), 10)

    def leave(self) -> None:
        """Unsubscribe from the mask."""
        self.node.destroy_subscription(self._subscription)

    @contextmanager
    def behaving(self, **changes: Any) -> Iterator[None]:
        """Change the behaviour of the camera inside the context."""
        self.behaviour = dataclasses.replace(self.behaviour, **changes)
        try:
            yield
        finally:
            self.behaviour = self._usual
            self._due = time.monotonic()

    def wait(self, seconds: float) -> None:
        """Publish frames for some seconds."""
        self.until(lambda: False, seconds)

    def until(self, done: Callable[[], object], seconds: float = PATIENCE) -> bool:
        """Publish frames until a condition is met; return False if it was not met in time."""
        deadline = time.monotonic() + seconds
        while not done():
            now = time.monotonic()
            if now > deadline:
                return False
            rate = self.behaviour.rate
            if rate > 0 and now >= self._due:
                self.film()
                self._due = max(self._due + 1 / rate, now - 1)
            next_look = min(deadline, self._due) if rate > 0 else deadline
            self.executor.spin_once(timeout_sec=min(max(next_look - time.monotonic(), 0.0), POLL))
        return True

    def film(self) -> None:
        """Publish one frame."""
        behaviour = self.behaviour
        if behaviour.size not in self._rooms:
            self._rooms[behaviour.size] = images(*behaviour.size)
        message = encoded(self._rooms[behaviour.size][self.published % 16], behaviour.encoding)
        now = time.time_ns()
        stamp = behaviour.stamp(now) if behaviour.stamp else now
        message.header.stamp.sec, message.header.stamp.nanosec = divmod(stamp, 10**9)  # rclpy's Time is never negative
        message.header.frame_id = "camera"
        if behaviour.spoil:
            behaviour.spoil(message)
        self._shown[nanoseconds(message.header)] = time.monotonic(), self.happens
        if len(self._shown) > 1000:
            del self._shown[next(iter(self._shown))]
        self._publisher.publish(message)
        self.published += 1

    @property
    def told(self) -> dict[str, str]:
        """Key-value pairs of the newest diagnostic status."""
        return {value.key: value.value for value in self.diagnosis.values}

    def counts(self) -> tuple[int, int, dict[str, int]]:
        """Numbers of frames received, answered and dropped by cause, according to the node's diagnostics."""
        told = self.told
        dropped = {
            key[len(DROPPED) :]: int(told[key]) for key in told if key.startswith(DROPPED) and told[key] != UNKNOWN
        }
        return int(told.get("frames received", 0)), int(told.get("frames answered", 0)), dropped

    def _diagnose(self, message: DiagnosticArray) -> None:
        [self.diagnosis] = message.status

    def _take(self, mask: Image, info: Any) -> None:
        number, last = publication_number(info), self._last_mask
        # A smaller number: the node has recreated its publishers.
        if number is not None and last is not None and number > last:
            self.gaps += number - last - 1
        self._last_mask = number
        self.masks += 1
        now = time.monotonic()
        with suppress(KeyError):  # from before a pause of a thousand frames; already dropped
            when, happened = self._shown[nanoseconds(mask.header)]
            self.ages.append((now, now - when, happened or self.happens))


def encoded(rgb: np.ndarray, encoding: str) -> Image:
    """Image message of an RGB frame in one of the encodings that a soak uses."""
    codes = {"mono8": cv2.COLOR_RGB2GRAY, "bgr8": cv2.COLOR_RGB2BGR, "bgra8": cv2.COLOR_RGB2BGRA}
    return image(rgb if encoding == "rgb8" else cv2.cvtColor(rgb, codes[encoding]), encoding)
