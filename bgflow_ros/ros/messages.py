# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Image messages to arrays and back, without a needless copy."""

from __future__ import annotations

import array
from typing import Any

import numpy as np
import numpy.typing as npt
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

from bgflow_ros import images

try:
    from cv_bridge import CvBridge
except Exception:  # not installed, or a compiled module that fails under this NumPy: OpenCV does the same
    CvBridge = None

__all__ = ["to_image", "to_rgb"]

OURS = {"rgb8", "nv12", "nv21", "8UC1", "8UC3"}
"""Encodings that need no conversion, or that cv_bridge has no colour conversion for."""


def to_rgb(message: Image | CompressedImage) -> npt.NDArray[np.uint8]:
    """Turn a message into H x W x 3 RGB; a view of its data where it is rgb8.

    Raises:
        ImageError: the message holds no usable picture.
    """
    if isinstance(message, CompressedImage):
        return images.decode_compressed(message.data)
    if CvBridge is None or message.encoding in OURS:
        return images.decode(message)
    images.pixels(message)  # cv_bridge trusts the header's sizes; this does not
    rgb: npt.NDArray[np.uint8] = CvBridge().imgmsg_to_cv2(message, "rgb8")
    return rgb


def to_image(header: Header, pixels: npt.NDArray[Any], encoding: str) -> Image:
    """Make a message of H x W or H x W x C pixels with this very header.

    Args:
        header: stamp and frame_id, taken over unaltered.
        pixels: uint8 or float32, as the encoding says.
        encoding: mono8, rgb8 or 32FC1.
    """
    pixels = np.ascontiguousarray(pixels)
    data = array.array("B")
    # An array.array is the one type that rclpy takes without checking each element; the cast makes bytes of floats.
    data.frombytes(pixels.data.cast("B"))
    return Image(
        header=header,
        height=pixels.shape[0],
        width=pixels.shape[1],
        encoding=encoding,
        is_bigendian=0,
        step=pixels.strides[0],
        data=data,
    )
