# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Messages of images and points to arrays and back, without a needless copy."""

from __future__ import annotations

import array
from typing import Any

import numpy as np
import numpy.typing as npt
from sensor_msgs.msg import CompressedImage, Image, PointCloud2, PointField
from std_msgs.msg import Header

from bgflow_ros.segmentation import images

try:
    # The compiled module is named because the package imports without it, only to fail at every frame where that
    # module does not work under this NumPy.
    import cv_bridge.boost.cv_bridge_boost  # noqa: F401
    from cv_bridge import CvBridge

    BRIDGE = CvBridge()
except Exception:  # not installed or not working: OpenCV, which it wraps, does the same
    BRIDGE = None

__all__ = ["nanoseconds", "to_image", "to_points", "to_rgb"]

BRIDGED = {"bayer_rggb8", "bayer_bggr8", "bayer_gbrg8", "bayer_grbg8", "uyvy", "yuv422", "yuyv", "yuv422_yuy2"}
"""Encodings that are handed to cv_bridge where there is one: others are plain views, or it treats them differently."""


def nanoseconds(header: Header) -> int:
    """Stamp of a header; unlike rclpy's Time it may be negative, as a broken driver's is."""
    return int(header.stamp.sec) * 1_000_000_000 + int(header.stamp.nanosec)


def to_rgb(message: Image | CompressedImage, decoder: images.Decoder) -> npt.NDArray[np.uint8]:
    """Turn a message into H x W x 3 RGB; a view of its data where it is rgb8.

    Args:
        message: of a camera.
        decoder: of that camera's images.

    Raises:
        ImageError: the message holds no usable image.
    """
    if isinstance(message, CompressedImage):
        return decoder.compressed(message.data, message.format)
    if BRIDGE is None or message.encoding not in BRIDGED:
        return decoder.image(message)
    images.pixels(message)  # cv_bridge trusts the header's sizes; this does not
    try:
        rgb: npt.NDArray[np.uint8] = BRIDGE.imgmsg_to_cv2(message, "rgb8")
    except Exception as error:
        raise images.ImageError("not converted", f"cv_bridge cannot convert {message.encoding}: {error}") from error
    return rgb


def to_image(header: Header, pixels: npt.NDArray[Any], encoding: str) -> Image:
    """Make a message of H x W or H x W x C pixels with this very header.

    Args:
        header: stamp and frame_id, taken over unaltered.
        pixels: of the type that the encoding says.
        encoding: mono8, rgb8, 16UC1 or 32FC1.
    """
    pixels = np.ascontiguousarray(pixels)
    return Image(
        header=header,
        height=pixels.shape[0],
        width=pixels.shape[1],
        encoding=encoding,
        is_bigendian=0,
        step=pixels.strides[0],
        data=_bytes(pixels),
    )


def to_points(header: Header, points: npt.NDArray[np.float32]) -> PointCloud2:
    """Make an unorganised cloud of N x 3 points, in metres, with this very header; no point may be NaN."""
    return PointCloud2(
        header=header,
        height=1,
        width=points.shape[0],
        fields=[
            PointField(name=name, offset=4 * axis, datatype=PointField.FLOAT32, count=1)
            for axis, name in enumerate("xyz")
        ],
        is_bigendian=False,
        point_step=12,
        row_step=12 * points.shape[0],
        data=_bytes(points),
        is_dense=True,
    )


def _bytes(values: npt.NDArray[Any]) -> array.array[int]:
    data = array.array("B")
    if values.size:
        # An array.array is the one type that rclpy takes without checking each element; the cast makes bytes of floats.
        data.frombytes(np.ascontiguousarray(values).data.cast("B"))
    return data
