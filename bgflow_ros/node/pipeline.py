# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""From the camera's messages to the node's topics, while the node is active.

    camera -> ImageSubscription -> Mailbox -> Worker -> Segmenter -> Refiner -> Outputs
                                                                         depth -> DepthOutputs

The subscription's callback only leaves the message in the mailbox; decoding, inference and publishing happen in
the worker's thread. Depth meets the finished masks later.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from rclpy.node import Node
from rclpy.serialization import deserialize_message
from sensor_msgs.msg import CompressedImage, Image

from bgflow_ros.node import depth_outputs
from bgflow_ros.node.ages import STANDING, UNSTAMPED, Ages
from bgflow_ros.node.arrivals import LOST, Arrivals
from bgflow_ros.node.camera_infos import CameraInfos
from bgflow_ros.node.contrast import Contrast
from bgflow_ros.node.drops import Drops
from bgflow_ros.node.frame_request import FrameRequest
from bgflow_ros.node.gate import Gate
from bgflow_ros.node.mailbox import Mailbox
from bgflow_ros.node.messages import nanoseconds, to_rgb
from bgflow_ros.node.outputs import INFO, MAPS, POINTS, STATIC_DEPTH_INFO, Outputs
from bgflow_ros.node.parameters import Settings
from bgflow_ros.node.publishers import count
from bgflow_ros.node.subscription import STEADY, ImageSubscription, image_topic
from bgflow_ros.node.worker import Worker
from bgflow_ros.segmentation.images import Decoder, ImageError
from bgflow_ros.segmentation.refinement import Refined, Refiner
from bgflow_ros.segmentation.segmenter import Segmentation

__all__ = ["Pipeline"]

LOOK = 0.25
"""Seconds between two looks at who subscribes."""
COVERED = 0.9
"""Share of the view that the robot's own body may cover without a warning."""


class Pipeline:
    """Answers the newest image, as long as somebody wants what is made of it.

    Args:
        node: whose subscriptions and timers these are.
        settings: the node's parameters.
        segment: segments H x W x 3 RGB.
        refiner: of the masks.
        outputs: the node's publishers.
        drops: counts frames that get no answer.
    """

    def __init__(
        self,
        node: Node,
        settings: Settings,
        segment: Callable[[npt.NDArray[np.uint8]], Segmentation],
        refiner: Refiner,
        outputs: Outputs,
        drops: Drops,
    ) -> None:
        self.request: FrameRequest | None = None
        """Who waits for the next frame to be written."""
        self._node, self._settings, self._outputs, self._drops = node, settings, outputs, drops
        self._segment, self._refiner, self._decoder = segment, refiner, Decoder()
        self._arrivals = Arrivals(drops)
        self.received = self.answered = 0
        """Frames so far; what was received and neither answered nor dropped is at work."""
        self._contrast = Contrast()
        self._ages = Ages()
        self._unfit = ""
        """Why ignore_image does not fit the images, seen while nobody wants masks."""
        self._counted = time.monotonic(), 0, 0, drops.counts[LOST]
        self.mailbox: Mailbox[Image | CompressedImage] = Mailbox(drops)
        self.mailbox.max_rate = settings.max_rate
        self._infos = CameraInfos(node)
        self._depth_outputs = depth_outputs.DepthOutputs(node, settings.image_qos, outputs, self._infos, drops)
        self._worker = Worker(self.mailbox, self.answer)
        self._image_gate = Gate()
        topic, kind = image_topic(node, settings.image_transport)
        self._images = ImageSubscription(node, topic, kind, settings.image_qos, 1, self.receive, self._image_gate)
        self._look()
        self._timer = node.create_timer(LOOK, self._look, clock=STEADY)

    def destroy(self) -> None:
        """Unsubscribe and end the inference thread."""
        self._node.destroy_timer(self._timer)
        self._images.destroy()
        self._infos.destroy()
        self._depth_outputs.destroy()
        self.stop()
        if self.request is not None:
            self.request.refuse("the node was deactivated; nothing was written")

    def stop(self) -> None:
        """End the inference thread, also when ROS has already shut down."""
        self._worker.stop()

    def seen(self) -> dict[str, Any]:
        """Tell what happened since the last call, as fields of `diagnostics.Seen`.

        Only in a callback of the executor.
        """
        if not self._image_gate.open and (taken := self._images.take()) is not None:
            self._arrivals.add(taken[1], read=False)
            self._check_body(taken[0])
        then, published, answered, lost = self._counted
        now, lost_now = time.monotonic(), self._drops.counts[LOST]
        self._counted = now, self._arrivals.published, self.answered, lost_now
        seconds = max(now - then, 1e-3)
        when, fault = self._drops.last_fault
        return {
            "topic": self._images.topic,
            "cameras": self._node.count_publishers(self._images.topic),
            "silence": self._arrivals.silence(),
            "wanted": self._image_gate.open,
            # Without numbers, all that is known is what was read.
            "input_rate": (self._arrivals.published - published) / seconds
            if self._arrivals.numbered or self._image_gate.open
            else None,
            "output_rate": (self.answered - answered) / seconds,
            "lost_rate": (lost_now - lost) / seconds,
            "ages": self._ages.seconds() if self.answered > answered else (),
            "no_age": self._ages.none if self.answered > answered else "",
            "fault": fault if when >= then else "",
            "last_fault": fault,
            "contrast": self._contrast.newest if self._image_gate.open else None,
            "min_contrast": self._contrast.least,
            "featureless": self._contrast.seconds,
            "without_depth": self._depth_outputs.pairing.alone,
            "obstacle": self._images.obstacle(),
            "complaints": tuple(self._complaints()),
            "lone": not self._image_gate.open and self._outputs.wanted(INFO),
        }

    def _complaints(self) -> Iterator[str]:
        """Say what is wanted and cannot be made, or not as it should, and what was seen."""
        if wrong := self._infos.complaint():
            yield wrong
        yield from self._depth_outputs.complaints()
        refinement = self._refiner.refinement
        if not self._image_gate.open and self._unfit:
            yield self._unfit
        if refinement.covered() > COVERED:
            yield f"ignore_image covers {100 * refinement.covered():.0f} % of the view: no masks there"
        if refinement.hold > 0 and self._ages.none in (UNSTAMPED, STANDING):
            yield f"{self._ages.none}: hold goes by stamps, and forgets nothing"
        elif self._ages.none == STANDING and self._image_gate.open:
            yield f"{STANDING}: nobody can tell which image a mask belongs to"

    def _check_body(self, serialized: bytes) -> None:
        """Compare the size of an image that nobody wants with the robot's body, before anybody waits for masks."""
        self._unfit = ""
        if self._refiner.refinement.body is None:
            return
        try:
            self._refiner.refinement.check_size(
                to_rgb(deserialize_message(serialized, self._images.kind), self._decoder)
            )
        except ImageError as error:
            self._unfit = str(error)

    # The executor's thread

    def _look(self) -> None:
        """Read the camera's messages only while somebody wants what is made of them, and look after the rest."""
        wants_depth = self._outputs.wanted(*depth_outputs.TOPICS)
        wanted = wants_depth or self._outputs.wanted(*MAPS) or self.request is not None
        if wanted and not self._image_gate.open:
            self._arrivals.restart()
            self._contrast.restart()
        self._image_gate.open = wanted
        self._infos.read((wanted and self._outputs.wanted(INFO)) or self._outputs.wanted(STATIC_DEPTH_INFO, POINTS))
        self._arrivals.one_camera = self._node.count_publishers(self._images.topic) == 1
        self._depth_outputs.read(wants_depth)
        request = self.request  # which the worker may take at any time
        if request is not None and request.is_late():
            self.request = None
            request.refuse(f"no frame has come in {request.PATIENCE:g} s; nothing was written; {self._no_frame()}")

    def _no_frame(self) -> str:
        """Why no frame was answered lately, as far as that is known."""
        when, fault = self._drops.last_fault
        if time.monotonic() - when < FrameRequest.PATIENCE:
            return fault
        publishers = count(self._node.count_publishers(self._images.topic))
        return self._images.obstacle() or f"{publishers} on {self._images.topic}"

    def receive(self, message: Image | CompressedImage, info: Any) -> None:
        """Leave an image, with its MessageInfo, for the worker."""
        self._arrivals.add(info)
        self.received += 1
        self.mailbox.put(message)

    # The worker's thread

    def answer(self, message: Image | CompressedImage) -> None:
        """Publish what is wanted of an image; one that cannot be used is counted and costs nothing else."""
        try:
            if self.request is None and not self._outputs.wanted(*MAPS, *depth_outputs.TOPICS):
                self._drops.add("nobody subscribes")
                return
            stamp, rgb = nanoseconds(message.header), to_rgb(message, self._decoder)
            masks = self._refiner(self._segment(rgb), stamp * 1e-9)
            self._publish(message, stamp, masks)
            self._serve(stamp, masks)
        except ImageError as error:
            self._drops.add(error.cause, str(error))
        except Exception as error:
            if self._node.context.ok():  # else the process is ending and its publishers are gone
                self._drops.add("inference failed", f"inference failed: {type(error).__name__}: {error}")

    def _publish(self, message: Image | CompressedImage, stamp: int, masks: Refined) -> None:
        self._outputs.publish_maps(message.header, masks)
        if self._outputs.wanted(INFO):
            height, width = masks.segmentation.image.shape[:2]
            self._outputs.publish_info(INFO, self._infos.fit(width, height, message.header.frame_id), message.header)
        self._depth_outputs.offer(message.header, masks)
        self._contrast.add(masks.segmentation)
        self.answered += 1
        self._ages.add(self._node.get_clock().now().nanoseconds, stamp)

    def _serve(self, stamp: int, masks: Refined) -> None:
        request, self.request = self.request, None
        if request is not None:
            stamp = stamp or time.time_ns()  # else each frame would be written over the one before
            request.serve(f"{stamp // 1_000_000_000}_{stamp % 1_000_000_000:09d}", masks)
