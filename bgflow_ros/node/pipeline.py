# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Processing of the camera's messages while the node is active.

    camera -> ImageSubscription -> Mailbox -> Worker -> Segmenter -> Refiner -> Outputs
                                                                         depth -> DepthOutputs

The callback of the subscription only puts the message into the mailbox; decoding, inference and publishing happen in
the worker's thread. Depth is paired with the finished masks later.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from rclpy.node import Node
from rclpy.serialization import deserialize_message
from sensor_msgs.msg import CompressedImage, Image

from bgflow_ros.node.adaptation import Adaptation
from bgflow_ros.node.ages import STANDING, UNSTAMPED, Ages
from bgflow_ros.node.arrivals import LOST, Arrivals
from bgflow_ros.node.camera_infos import CameraInfos
from bgflow_ros.node.contrast import Contrast
from bgflow_ros.node.depth_outputs import DEPTH_OUTPUTS, POINT_OUTPUTS, DepthOutputs
from bgflow_ros.node.drops import Drops
from bgflow_ros.node.frame_request import FrameRequest
from bgflow_ros.node.gate import Gate
from bgflow_ros.node.mailbox import Mailbox
from bgflow_ros.node.messages import to_rgb
from bgflow_ros.node.outputs import Outputs
from bgflow_ros.node.parameters import Settings
from bgflow_ros.node.publishers import count
from bgflow_ros.node.status import Age, Camera, Demand, NodeStatus, Rates, View
from bgflow_ros.node.subscription import STEADY, ImageSubscription, image_topic
from bgflow_ros.node.worker import Worker
from bgflow_ros.segmentation.errors import ImageError
from bgflow_ros.segmentation.image_size import image_size
from bgflow_ros.segmentation.images import Decoder
from bgflow_ros.segmentation.message_fields import nanoseconds
from bgflow_ros.segmentation.outputs import CAMERA_INFO, IMAGE_OUTPUTS, STATIC_DEPTH_INFO
from bgflow_ros.segmentation.refinement import Refined, Refiner
from bgflow_ros.segmentation.segmenter import Segmentation

__all__ = ["Pipeline"]

DEMAND_PERIOD = 0.25
"""Seconds between two checks of which outputs have subscribers."""
COVERED = 0.9
"""Share of the view that the robot's body may cover without a warning."""


class Pipeline:
    """Answers the newest image while its outputs have a subscriber.

    Args:
        node: node that owns the subscriptions and timers.
        settings: values of the node's parameters.
        segment: segments an image, H x W x 3 RGB; may be replaced at any time.
        refiner: refines the masks.
        outputs: publishers of the node.
        drops: counts frames without an answer.
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
        """Call of ~/save_frame that waits for the next frame; None where there is none."""
        self.adaptation: Adaptation[Any] | None = None
        """Call of ~/adapt that is not answered yet; None where there is none."""
        self._node, self._settings, self._outputs, self._drops = node, settings, outputs, drops
        self.segment, self._refiner, self._decoder = segment, refiner, Decoder()
        self._arrivals = Arrivals(drops)
        self.received = self.answered = 0
        """Numbers of frames so far; a frame that is neither answered nor dropped is being processed."""
        self._contrast = Contrast()
        self._ages = Ages()
        self._unfit = ""
        """Reason why ignore_image does not fit the images, found while no masks are wanted."""
        self._counted = time.monotonic(), 0, 0, drops.counts[LOST]
        self.mailbox: Mailbox[Image | CompressedImage] = Mailbox(drops)
        self._infos = CameraInfos(node)
        self._depth_outputs = DepthOutputs(node, settings.image_qos, outputs, self._infos, drops)
        self.take(settings)
        self._worker = Worker(self.mailbox, self.answer)
        self._image_gate = Gate()
        topic, kind = image_topic(node, settings.image_transport)
        self._images = ImageSubscription(node, topic, kind, settings.image_qos, 1, self.receive, self._image_gate)
        self._check_demand()
        self._timer = node.create_timer(DEMAND_PERIOD, self._check_demand, clock=STEADY)

    def take(self, settings: Settings) -> None:
        """Take the parameters that may change while the node runs."""
        self.mailbox.max_rate = settings.max_rate
        self._depth_outputs.keeps = settings.depth_keeps

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
        if self.adaptation is not None:
            self.adaptation.stop("the node was deactivated; the model stays as it was")

    def add_to(self, status: NodeStatus) -> NodeStatus:
        """Add to a status what happened since the last call; call it only in a callback of the executor."""
        gate_open = self._image_gate.open
        if not gate_open and (taken := self._images.take()) is not None:
            self._arrivals.add(taken[1], read=False)
            self._check_body(taken[0])
        then, published, answered, lost = self._counted
        now, lost_now = time.monotonic(), self._drops.counts[LOST]
        self._counted = now, self._arrivals.published, self.answered, lost_now
        seconds = max(now - then, 1e-3)
        when, fault = self._drops.last_fault
        # Without publication numbers, only the frames that were read are known.
        known = self._arrivals.numbered or gate_open
        topic, contrast = self._images.topic, self._contrast
        publishers = self._node.count_publishers(topic)
        return dataclasses.replace(
            status,
            camera=Camera(topic, publishers, self._arrivals.silence(), self._images.obstacle()),
            demand=Demand(gate_open, not gate_open and self._outputs.wanted(CAMERA_INFO)),
            counts=dataclasses.replace(status.counts, without_depth=self._depth_outputs.pairing.alone),
            rates=Rates(
                (self._arrivals.published - published) / seconds if known else None,
                (self.answered - answered) / seconds,
                (lost_now - lost) / seconds,
            ),
            age=Age(self._ages.seconds(), self._ages.none) if self.answered > answered else Age(),
            view=View(contrast.newest if gate_open else None, contrast.least, contrast.seconds),
            pace=str(self.mailbox.pace) if self.mailbox.max_rate < 0 and gate_open else "",
            adaptation="" if self.adaptation is None else self.adaptation.progress(),
            faults=dataclasses.replace(
                status.faults,
                frame=fault if when >= then else "",
                last_frame=fault,
                complaints=tuple(self._complaints()),
            ),
        )

    def _complaints(self) -> Iterator[str]:
        """Report wanted outputs that cannot be made, or not as they should be, with what was found."""
        if wrong := self._infos.complaint():
            yield wrong
        yield from self._depth_outputs.complaints()
        refinement = self._refiner.refinement
        if not self._image_gate.open and self._unfit:
            yield self._unfit
        if refinement.covered() > COVERED:
            yield f"ignore_image covers {100 * refinement.covered():.0f} % of the view: no masks there"
        if refinement.hold > 0 and self._ages.none in (UNSTAMPED, STANDING):
            yield f"{self._ages.none}: hold uses stamps, so nothing ever expires"
        elif self._ages.none == STANDING and self._image_gate.open:
            yield f"{STANDING}: masks cannot be matched to images"

    def _check_body(self, serialized: bytes) -> None:
        """Compare an image's size with that of `ignore_image`, so that a fault shows before masks are wanted."""
        self._unfit = ""
        if self._refiner.refinement.body is None:
            return
        try:
            self._refiner.refinement.check_size(*image_size(deserialize_message(serialized, self._images.kind)))
        except ImageError as error:
            self._unfit = str(error)

    # The executor's thread

    def _check_demand(self) -> None:
        """Read the camera's messages only while outputs made from them are wanted."""
        wants_depth = self._outputs.wanted(*DEPTH_OUTPUTS)
        wanted = wants_depth or self._outputs.wanted(*IMAGE_OUTPUTS) or self._called()
        if wanted and not self._image_gate.open:
            self._arrivals.restart()
            self._contrast.restart()
        self._image_gate.open = wanted
        wants_info = wanted and self._outputs.wanted(CAMERA_INFO)
        self._infos.read(wants_info or self._outputs.wanted(STATIC_DEPTH_INFO, *POINT_OUTPUTS))
        self._arrivals.one_camera = self._node.count_publishers(self._images.topic) == 1
        self._depth_outputs.read(wants_depth)
        if self.adaptation is not None and self.adaptation.step(self._no_frame):
            self.adaptation = None
        request = self.request  # a local reference, since the worker may take it at any time
        if request is not None and request.is_late():
            self.request = None
            request.refuse(f"no frame has come in {request.PATIENCE:g} s; nothing was written; {self._no_frame()}")

    def _called(self) -> bool:
        """Tell whether a service needs the next frame."""
        adaptation = self.adaptation
        return self.request is not None or (adaptation is not None and adaptation.records)

    def _no_frame(self) -> str:
        """Reason why no frame was answered lately, as far as it is known."""
        when, fault = self._drops.last_fault
        if time.monotonic() - when < FrameRequest.PATIENCE:
            return fault
        publishers = count(self._node.count_publishers(self._images.topic))
        return self._images.obstacle() or f"{publishers} on {self._images.topic}"

    def receive(self, message: Image | CompressedImage, info: Any) -> None:
        """Put an image into the mailbox and count it by its MessageInfo."""
        self._arrivals.add(info)
        self.received += 1
        self.mailbox.put(message)

    # The worker's thread

    def answer(self, message: Image | CompressedImage) -> None:
        """Publish the wanted outputs of an image; one that cannot be used is counted as dropped."""
        try:
            if not self._called() and not self._outputs.wanted(*IMAGE_OUTPUTS, *DEPTH_OUTPUTS):
                self._drops.add("nobody subscribes")
                return
            stamp, rgb = nanoseconds(message.header), to_rgb(message, self._decoder)
            masks = self._refiner(self.segment(rgb), stamp * 1e-9)
            self._publish(message, stamp, masks)
            self._serve(stamp, masks)
            if (adaptation := self.adaptation) is not None:  # a local reference: the executor may end it at any time
                adaptation.offer(rgb)
        except ImageError as error:
            self._drops.add(error.cause, str(error))
        except Exception as error:
            if self._node.context.ok():  # else the process is ending and its publishers no longer exist
                self._drops.add("inference failed", f"inference failed: {type(error).__name__}: {error}")

    def _publish(self, message: Image | CompressedImage, stamp: int, masks: Refined) -> None:
        self._outputs.publish_images(message.header, masks)
        if self._outputs.wanted(CAMERA_INFO):
            height, width = masks.segmentation.image.shape[:2]
            info = self._infos.fit(width, height, message.header.frame_id)
            self._outputs.publish_info(CAMERA_INFO, info, message.header)
        self._depth_outputs.offer(message.header, masks)
        self._contrast.add(masks.segmentation)
        self.answered += 1
        self._ages.add(self._node.get_clock().now().nanoseconds, stamp)

    def _serve(self, stamp: int, masks: Refined) -> None:
        request, self.request = self.request, None
        if request is not None:
            stamp = stamp or time.time_ns()  # else each frame would be written over the one before
            request.serve(f"{stamp // 1_000_000_000}_{stamp % 1_000_000_000:09d}", masks)
