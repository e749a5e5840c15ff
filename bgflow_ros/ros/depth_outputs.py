# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""What is made of depth and masks together; inference never waits for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sensor_msgs.msg import CameraInfo, Image

from bgflow_ros import depth
from bgflow_ros.images import ImageError
from bgflow_ros.pairing import Pairing
from bgflow_ros.refinement import Refined
from bgflow_ros.ros.drops import Drops
from bgflow_ros.ros.messages import nanoseconds, to_image, to_points
from bgflow_ros.ros.outputs import POINTS, STATIC_DEPTH, STATIC_DEPTH_INFO, Outputs

__all__ = ["TOPICS", "DepthOutputs"]

TOPICS = (STATIC_DEPTH, STATIC_DEPTH_INFO, POINTS)


class DepthOutputs:
    """Publishes `~/static_depth/*` and `~/foreground_points` of each depth image that belongs to a finished mask.

    Args:
        outputs: of the node.
        drops: counts depth that cannot be used.
        info: gives the newest calibration of the colour camera, to which depth is registered; None where unknown.
    """

    def __init__(self, outputs: Outputs, drops: Drops, info: Callable[[], CameraInfo | None]) -> None:
        self.pairing: Pairing[Refined, Image] = Pairing()
        self._outputs, self._drops, self._info = outputs, drops, info

    def receive(self, message: Image, info: Any) -> None:
        """Take a depth image and its MessageInfo."""
        self._publish(self.pairing.put_depth(nanoseconds(message.header), message))

    def offer(self, stamp: int, masks: Refined) -> None:
        """Take a finished mask with the stamp of its image, in nanoseconds."""
        if not self._outputs.wanted(*TOPICS):
            return
        # Here and now, in the order of the frames, as `hold` needs it; depth may come later, in another thread.
        if self._outputs.wanted(STATIC_DEPTH):
            _ = masks.static
        if self._outputs.wanted(POINTS):
            _ = masks.foreground
        self._publish(self.pairing.put_mask(stamp, masks))

    def _publish(self, pairs: list[tuple[Refined, Image]]) -> None:
        for masks, message in pairs:
            try:
                self._publish_pair(masks, message)
            except ImageError as error:
                self._drops.add(error.cause, str(error))
            except Exception as error:  # in the executor's thread it would end the node
                self._drops.add("depth failed", f"depth failed: {type(error).__name__}: {error}")

    def _publish_pair(self, masks: Refined, message: Image) -> None:
        decoded = depth.decode(message)
        height, width = masks.segmentation.image.shape[:2]
        if decoded.shape != (height, width):
            raise ImageError(
                "depth of another size",
                f"{message.width}x{message.height} pixels, the image has {width}x{height}; "
                "expected depth registered to the colour image (depth_image_proc's register)",
            )
        outputs, info = self._outputs, self._info()
        if outputs.wanted(STATIC_DEPTH):
            static = depth.static_depth(decoded, masks.static)
            outputs.publish(STATIC_DEPTH, to_image(message.header, static, message.encoding))
        outputs.publish_info(STATIC_DEPTH_INFO, info, message.header)
        if outputs.wanted(POINTS):
            if info is None or info.k[0] <= 0 or info.k[4] <= 0:
                raise ImageError("no calibration", "no camera_info with focal lengths has come; points need one")
            intrinsics = depth.Intrinsics(info.k[0], info.k[4], info.k[2], info.k[5])
            points = depth.foreground_points(decoded, masks.foreground, intrinsics)
            outputs.publish(POINTS, to_points(message.header, points))
