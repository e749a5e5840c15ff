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
from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from rclpy.node import Node
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from bgflow_ros.images import Decoder, ImageError
from bgflow_ros.refinement import Refined, Refiner
from bgflow_ros.ros import depth_outputs
from bgflow_ros.ros.arrivals import Arrivals
from bgflow_ros.ros.drops import Drops
from bgflow_ros.ros.frame_request import FrameRequest
from bgflow_ros.ros.gate import Gate
from bgflow_ros.ros.mailbox import Mailbox
from bgflow_ros.ros.messages import nanoseconds, to_rgb
from bgflow_ros.ros.outputs import INFO, MAPS, Outputs
from bgflow_ros.ros.parameters import Settings
from bgflow_ros.ros.subscription import STEADY, ImageSubscription, image_topic
from bgflow_ros.ros.worker import Worker
from bgflow_ros.segmenter import Segmentation

__all__ = ["Pipeline"]

LOOK = 0.25
"""Seconds between two looks at who subscribes."""
RECENT = 300
"""Answers whose ages are kept."""


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
        self._camera_info: CameraInfo | None = None
        self._arrivals = Arrivals(drops)
        self.received = self.answered = 0
        """Frames so far; what was received and neither answered nor dropped is at work."""
        self._ages: deque[float] = deque(maxlen=RECENT)
        self._counted = time.monotonic(), 0, 0, drops.counts["lost on the way"]
        self.mailbox: Mailbox[Image | CompressedImage] = Mailbox(drops)
        self.mailbox.max_rate = settings.max_rate
        self._depth_outputs = depth_outputs.DepthOutputs(outputs, drops, lambda: self._camera_info)
        self._worker = Worker(self.mailbox, self.answer)
        self._image_gate, self._info_gate = Gate(), Gate()
        topic, kind = image_topic(node, settings.image_transport)
        self._images = ImageSubscription(node, topic, kind, settings.image_qos, 1, self.receive, self._image_gate)
        self._infos = node.create_subscription(
            CameraInfo, "camera_info", self._remember_info, qos_profile_sensor_data, callback_group=self._info_gate
        )
        self._depths: ImageSubscription | None = None
        self._look()
        self._timer = node.create_timer(LOOK, self._look, clock=STEADY)

    def destroy(self) -> None:
        """Unsubscribe and end the inference thread."""
        self._node.destroy_timer(self._timer)
        self._images.destroy()
        self._node.destroy_subscription(self._infos)
        if self._depths is not None:
            self._depths.destroy()
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
        if not self._image_gate.open and (info := self._images.take()) is not None:
            self._arrivals.add(info, read=False)
        then, published, answered, lost = self._counted
        now, lost_now = time.monotonic(), self._drops.counts["lost on the way"]
        self._counted = now, self._arrivals.published, self.answered, lost_now
        seconds = max(now - then, 1e-3)
        when, fault = self._drops.last_fault
        return {
            "topic": self._images.topic,
            "cameras": self._node.count_publishers(self._images.topic),
            "silence": self._arrivals.silence(),
            "wanted": self._image_gate.open,
            "input_rate": (self._arrivals.published - published) / seconds,
            "output_rate": (self.answered - answered) / seconds,
            "lost_rate": (lost_now - lost) / seconds,
            "ages": tuple(self._ages) if self.answered > answered else (),
            "fault": fault if when >= then else "",
            "last_fault": fault,
            "without_depth": self._depth_outputs.pairing.alone,
        }

    # The executor's thread

    def _look(self) -> None:
        """Read the camera's messages only while somebody wants what is made of them, and look after the rest."""
        wants_depth = self._outputs.wanted(*depth_outputs.TOPICS)
        wanted = wants_depth or self._outputs.wanted(*MAPS) or self.request is not None
        if wanted and not self._image_gate.open:
            self._arrivals.restart()
        self._image_gate.open = wanted
        self._info_gate.open = wants_depth or (wanted and self._outputs.wanted(INFO))
        self._arrivals.one_camera = self._node.count_publishers(self._images.topic) == 1
        if wants_depth and self._depths is None:
            receive, group = self._depth_outputs.receive, self._node.default_callback_group
            self._depths = ImageSubscription(self._node, "depth", Image, self._settings.image_qos, 5, receive, group)
        elif not wants_depth and self._depths is not None:
            self._depths.destroy()
            self._depths = None
            self._depth_outputs.pairing.clear()
        if self.request is not None and self.request.give_up():
            self.request = None

    def _remember_info(self, info: CameraInfo) -> None:
        self._camera_info = info

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
        self._outputs.publish_info(INFO, self._camera_info, message.header)
        self._depth_outputs.offer(stamp, masks)
        self.answered += 1
        # A stamp in the future, of another clock or before the clock jumped back, has no age.
        self._ages.append(max(0.0, (self._node.get_clock().now().nanoseconds - stamp) * 1e-9))

    def _serve(self, stamp: int, masks: Refined) -> None:
        request, self.request = self.request, None
        if request is not None:
            request.serve(f"{stamp // 1_000_000_000}_{stamp % 1_000_000_000:09d}", masks)
