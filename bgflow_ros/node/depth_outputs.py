# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Outputs made from depth and masks together; inference never waits for depth."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from rclpy.node import Node
from rclpy.qos import ReliabilityPolicy
from sensor_msgs.msg import CameraInfo, Image

from bgflow_ros.node.camera_infos import PATIENCE, CameraInfos
from bgflow_ros.node.drops import Drops
from bgflow_ros.node.messages import to_image, to_points
from bgflow_ros.node.outputs import Outputs
from bgflow_ros.node.publishers import count, obstacle, publishers
from bgflow_ros.node.subscription import ImageSubscription
from bgflow_ros.segmentation import depth
from bgflow_ros.segmentation.camera_calibration import intrinsics, rectification
from bgflow_ros.segmentation.errors import ImageError
from bgflow_ros.segmentation.message_fields import nanoseconds
from bgflow_ros.segmentation.outputs import FOREGROUND_POINTS, POINTS, STATIC_DEPTH, STATIC_DEPTH_INFO
from bgflow_ros.segmentation.pairing import TOLERANCE, Pairing
from bgflow_ros.segmentation.refinement import Refined

__all__ = ["DEPTH_OUTPUTS", "POINT_OUTPUTS", "DepthOutputs"]

POINT_OUTPUTS = (FOREGROUND_POINTS, POINTS)
DEPTH_OUTPUTS = (STATIC_DEPTH, STATIC_DEPTH_INFO, *POINT_OUTPUTS)
LATELY = 5.0
"""Seconds since the last mask after which it is unknown whether depth and masks have matching stamps."""
ANOTHER_CLOCK = 10_000_000_000
"""Nanoseconds between stamps of images and depth beyond which they come from different clocks."""


class Masks(NamedTuple):
    """Masks that wait for depth."""

    refined: Refined
    header: Any
    """The header of their image."""
    kept: npt.NDArray[np.uint8] | None
    """What static depth keeps; None where it was not wanted when the image was answered."""


class DepthOutputs:
    """Publishes `~/static_depth/*` and points for each depth image that belongs to a mask.

    Args:
        node: node that subscribes to depth.
        qos: value of the parameter image_qos.
        outputs: outputs of the node.
        infos: calibration of the camera to whose images depth is registered.
        drops: counts depth images that cannot be used.
    """

    def __init__(self, node: Node, qos: str, outputs: Outputs, infos: CameraInfos, drops: Drops) -> None:
        self.pairing: Pairing[Masks, Image] = Pairing()
        self.keeps = "static"
        """Value of the parameter depth_keeps."""
        self._node, self._qos, self._outputs, self._infos, self._drops = node, qos, outputs, infos, drops
        self._subscription: ImageSubscription | None = None
        self._since = self._came = self._offered = self._met = -math.inf
        """Monotonic times: depth was first wanted, depth last arrived, a mask last arrived, a pair was last made."""
        self._alone = 0
        """Masks without depth at the time of the last pair."""
        self._unstamped = ""
        """Messages with stamps of 0: images or depth."""
        self._uncalibrated = self._frames = ""
        """Faults of the calibration that concern points, and of the frame of depth."""

    def destroy(self) -> None:
        """Unsubscribe and forget masks and depth that wait."""
        if self._subscription is not None:
            self._subscription.destroy()
            self._subscription = None
            self.pairing.clear()

    def read(self, wanted: bool) -> None:
        """Subscribe to depth while outputs made from it are wanted."""
        if not wanted:
            self.destroy()
        elif self._subscription is None:
            self._since = self._met = time.monotonic()
            self._alone = self.pairing.alone
            self._unstamped = self._uncalibrated = self._frames = ""
            group = self._node.default_callback_group
            self._subscription = ImageSubscription(self._node, "depth", Image, self._qos, 5, self.receive, group)

    def receive(self, message: Image, info: Any) -> None:
        """Receive a depth image and its MessageInfo."""
        self._came = time.monotonic()
        if stamp := self._stamp(nanoseconds(message.header), "depth"):
            self._publish(self.pairing.put_depth(stamp, message))

    def offer(self, header: Any, refined: Refined) -> None:
        """Add masks with the header of their image."""
        if not self._outputs.wanted(*DEPTH_OUTPUTS):
            return
        self._offered = time.monotonic()
        # Computed now, in the order of the frames that `hold` needs; depth may arrive later, in another thread.
        kept = getattr(refined, self.keeps) if self._outputs.wanted(STATIC_DEPTH) else None
        if self._outputs.wanted(FOREGROUND_POINTS):
            _ = refined.foreground
        if stamp := self._stamp(nanoseconds(header), "the images"):
            self._publish(self.pairing.put_mask(stamp, Masks(refined, header, kept)))

    def complaints(self) -> Iterator[str]:
        """Report why wanted outputs of depth cannot be made, with what was found."""
        subscription, now = self._subscription, time.monotonic()
        if subscription is None:
            return
        topic = subscription.topic
        there = publishers(self._node, topic)
        reliable = subscription.reliability == ReliabilityPolicy.RELIABLE
        wrong = obstacle(topic, Image, lambda _: there, reliable)
        if wrong:
            yield wrong
        elif now - self._since <= PATIENCE:
            return
        elif not there or now - self._came > PATIENCE:
            beside = [name for name in ("compressedDepth", "compressed") if publishers(self._node, f"{topic}/{name}")]
            raw = f"; {topic}/{beside[0]} is published, but depth is read raw" if beside else ""
            yield f"no depth on {topic} ({count(len(there))}){raw}"
        elif self._unstamped:
            yield f"{self._unstamped} has zero stamps; depth is paired with images by stamp"
        elif self.pairing.alone > self._alone and now - self._met > PATIENCE and now - self._offered < LATELY:
            yield f"no image matches the depth on {topic}: {self._nearest()}"
        else:
            if self._frames:
                yield self._frames
            if self._uncalibrated and self._outputs.wanted(*POINT_OUTPUTS):
                yield self._uncalibrated

    def _nearest(self) -> str:
        nearest = self.pairing.nearest
        if nearest is None:
            return "no image was answered meanwhile"
        away = abs(nearest)
        which = "before" if nearest < 0 else "after"
        if away > ANOTHER_CLOCK:
            return f"stamps are of another clock, the nearest {away * 1e-9:.3g} s {which} its image"
        late = f"; or it comes more than {self.pairing.KEPT_MASKS} images late" if nearest < 0 else ""
        return f"nearest stamp {away * 1e-6:.0f} ms away ({which}), expected at most {TOLERANCE * 1e-6:.0f} ms{late}"

    def _stamp(self, stamp: int, whose: str) -> int:
        """Note whether a stamp is 0, which does not tell when its message was taken, and return the stamp."""
        if not stamp:
            self._unstamped = whose
        elif self._unstamped == whose:
            self._unstamped = ""
        return stamp

    def _publish(self, pairs: list[tuple[Masks, Image]]) -> None:
        for masks, message in pairs:
            self._met, self._alone = time.monotonic(), self.pairing.alone
            try:
                self._publish_pair(masks, message)
            except ImageError as error:
                self._drops.add(error.cause, str(error))
            except Exception as error:  # the worker's thread would count it as a failure of inference
                self._drops.add("depth failed", f"depth failed: {type(error).__name__}: {error}")

    def _publish_pair(self, masks: Masks, message: Image) -> None:
        height, width = masks.refined.segmentation.image.shape[:2]
        decoded = depth.decode_registered(message, width, height)
        frames = message.header.frame_id, masks.header.frame_id
        registered = depth.same_frame(*frames)
        self._frames = "" if registered else f"depth is in frame {frames[0]}, the image in {frames[1]}; expected one"
        outputs = self._outputs
        if masks.kept is not None and outputs.wanted(STATIC_DEPTH):
            static = depth.static_depth(decoded, masks.kept)
            outputs.publish(STATIC_DEPTH, to_image(message.header, static, message.encoding))
        if not outputs.wanted(STATIC_DEPTH_INFO, *POINT_OUTPUTS):
            return
        info = self._infos.fit(width, height, masks.header.frame_id)
        outputs.publish_info(STATIC_DEPTH_INFO, info, message.header)
        self._uncalibrated = ""
        if info is not None and outputs.wanted(*POINT_OUTPUTS):
            self._publish_points(decoded, masks, info, message.header)

    def _publish_points(self, decoded: depth.Depth, masks: Masks, info: CameraInfo, header: Any) -> None:
        try:
            camera = intrinsics(info)
        except ImageError as error:
            wanted = [output.topic for output in POINT_OUTPUTS if self._outputs.wanted(output)]
            self._uncalibrated = f"no {' and '.join(wanted)}: {error}"
            return
        self._uncalibrated = rectification(info)
        if self._outputs.wanted(FOREGROUND_POINTS):
            points = depth.foreground_points(decoded, masks.refined.foreground, camera)
            self._outputs.publish(FOREGROUND_POINTS, to_points(header, points))
        if self._outputs.wanted(POINTS):
            # With the stamp of the image, as the labels have it, for consumers that want equal stamps.
            self._outputs.publish(POINTS, to_points(masks.header, depth.organised_points(decoded, camera)))
