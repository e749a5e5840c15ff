# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Conversion between arrays and messages of images and points, without needless copies."""

from __future__ import annotations

import array
from typing import Any

import numpy as np
import numpy.typing as npt
from sensor_msgs.msg import CompressedImage, Image, PointCloud2, PointField
from std_msgs.msg import Header

from bgflow_ros.segmentation import images
from bgflow_ros.segmentation.errors import ImageError
from bgflow_ros.segmentation.message_fields import image_fields, point_cloud_fields

try:
    # The compiled module is named because the package imports without it, only to fail at every frame where that
    # module does not work under this NumPy.
    import cv_bridge.boost.cv_bridge_boost  # noqa: F401
    from cv_bridge import CvBridge

    BRIDGE = CvBridge()
except Exception:  # not installed or not working; OpenCV, which it wraps, does the same
    BRIDGE = None

__all__ = ["to_image", "to_points", "to_rgb"]

BRIDGED = {"bayer_rggb8", "bayer_bggr8", "bayer_gbrg8", "bayer_grbg8", "uyvy", "yuv422", "yuyv", "yuv422_yuy2"}
"""Encodings that cv_bridge converts where it is installed; it treats others differently, or they are plain views."""


def to_rgb(message: Image | CompressedImage, decoder: images.Decoder) -> npt.NDArray[np.uint8]:
    """Convert a message to H x W x 3 RGB; the result is a view of the message's data where that is rgb8.

    Args:
        message: message of a camera.
        decoder: decoder of that camera's images.

    Raises:
        ImageError: the message holds no usable image.
    """
    if BRIDGE is None or isinstance(message, CompressedImage) or message.encoding not in BRIDGED:
        return decoder.decode(message)
    images.pixels(message)  # checks the sizes, which cv_bridge trusts
    try:
        rgb: npt.NDArray[np.uint8] = BRIDGE.imgmsg_to_cv2(message, "rgb8")
    except Exception as error:
        raise ImageError("not converted", f"cv_bridge cannot convert {message.encoding}: {error}") from error
    return rgb


def to_image(header: Header, pixels: npt.NDArray[Any], encoding: str) -> Image:
    """Make a message from H x W or H x W x C pixels with the given header.

    Args:
        header: header with stamp and frame_id, used unaltered.
        pixels: array of the type that the encoding names.
        encoding: mono8, rgb8, 16UC1 or 32FC1.
    """
    return _filled(Image, header, image_fields(pixels, encoding))


def to_points(header: Header, points: npt.NDArray[np.float32]) -> PointCloud2:
    """Make a cloud with the given header from N x 3 points, or an organised one from H x W x 3, see the fields."""
    return _filled(PointCloud2, header, point_cloud_fields(points, PointField))


def _filled(kind: Any, header: Header, fields: dict[str, Any]) -> Any:
    # An array.array is the only type that rclpy accepts without checking each element.
    data = array.array("B")
    data.frombytes(fields["data"])
    return kind(header=header, **(fields | {"data": data}))
