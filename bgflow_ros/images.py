# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Pixel formats: the fields of an image message, whatever its encoding, to RGB (sensor_msgs/image_encodings.hpp)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from bgflow_ros import LARGEST

__all__ = ["ENCODINGS", "ImageError", "decode", "decode_compressed", "pixels", "view_rows"]

Pixels = npt.NDArray[np.uint8]


class ImageError(ValueError):
    """A message that holds no usable picture.

    Attributes:
        cause: which kind of fault, a few words that do not change from frame to frame, for counting.
    """

    def __init__(self, cause: str, detail: str) -> None:
        super().__init__(f"{cause}: {detail}")
        self.cause = cause


@dataclass(frozen=True)
class Encoding:
    """How an encoding lies in memory and how it becomes RGB."""

    bytes: int
    """A pixel's bytes in a row; of planar encodings, those of the luma plane."""
    to_rgb: Callable[[Pixels], Pixels]
    rows: tuple[int, int] = (1, 1)
    """Rows in memory for each row of the picture, as a fraction: 3/2 with half-size chroma below the luma."""
    even: bool = False
    """Whether chroma is shared by neighbours, so that width (and height, where planar) must be even."""


def _cvt(code: int) -> Callable[[Pixels], Pixels]:
    return lambda pixels: cv2.cvtColor(pixels, code)  # type: ignore[return-value]


RGB = Encoding(3, lambda pixels: pixels)
BGR = Encoding(3, _cvt(cv2.COLOR_BGR2RGB))
GREY = Encoding(1, _cvt(cv2.COLOR_GRAY2RGB))
UYVY = Encoding(2, _cvt(cv2.COLOR_YUV2RGB_UYVY), even=True)
YUYV = Encoding(2, _cvt(cv2.COLOR_YUV2RGB_YUY2), even=True)
ENCODINGS = {
    "rgb8": RGB,
    "bgr8": BGR,
    "8UC3": BGR,  # OpenCV's order: whoever publishes a nameless three-channel picture made it with OpenCV
    "rgba8": Encoding(4, _cvt(cv2.COLOR_RGBA2RGB)),
    "bgra8": Encoding(4, _cvt(cv2.COLOR_BGRA2RGB)),
    "mono8": GREY,
    "8UC1": GREY,
    "uyvy": UYVY,
    "yuv422": UYVY,
    "yuyv": YUYV,
    "yuv422_yuy2": YUYV,
    "nv12": Encoding(1, _cvt(cv2.COLOR_YUV2RGB_NV12), rows=(3, 2), even=True),
    "nv21": Encoding(1, _cvt(cv2.COLOR_YUV2RGB_NV21), rows=(3, 2), even=True),
    # OpenCV names a pattern by its second row's second and third pixel, ROS by its first row's first two.
    "bayer_rggb8": Encoding(1, _cvt(cv2.COLOR_BayerBG2RGB)),
    "bayer_bggr8": Encoding(1, _cvt(cv2.COLOR_BayerRG2RGB)),
    "bayer_gbrg8": Encoding(1, _cvt(cv2.COLOR_BayerGR2RGB)),
    "bayer_grbg8": Encoding(1, _cvt(cv2.COLOR_BayerGB2RGB)),
}
"""Every encoding that is understood, by its name in a message."""


def pixels(message: Any) -> Pixels:
    """View the data of a sensor_msgs/Image, without copying, as rows x width x bytes; check every field on the way.

    Args:
        message: anything with the fields encoding, width, height, step and data of sensor_msgs/Image.

    Raises:
        ImageError: unknown encoding, zero or huge size, a step or data that do not fit the size.
    """
    encoding = ENCODINGS.get(message.encoding)
    if encoding is None:
        raise ImageError("unknown encoding", f"{message.encoding!r}; expected one of {', '.join(ENCODINGS)}")
    width, height = message.width, message.height
    if encoding.even and (width % 2 or (encoding.rows != (1, 1) and height % 2)):
        raise ImageError("odd size", f"{width}x{height} pixels; {message.encoding} shares chroma between two")
    return view_rows(message, encoding.bytes, height * encoding.rows[0] // encoding.rows[1])


def view_rows(message: Any, bytes_per_pixel: int, rows: int) -> Pixels:
    """View the data of a sensor_msgs/Image, without copying, as rows x width x bytes; check its size on the way.

    Raises:
        ImageError: zero or huge size, a step or data that do not fit the size.
    """
    width, height, step = message.width, message.height, message.step
    if width == 0 or height == 0:
        raise ImageError("zero size", f"{width}x{height} pixels")
    if width * height > LARGEST:
        raise ImageError("oversized", f"{width}x{height} pixels; expected at most {LARGEST} in all")
    row = width * bytes_per_pixel
    if step < row:
        raise ImageError("wrong step", f"{step} bytes a row; {width} pixels of {message.encoding} take {row}")
    data = np.frombuffer(message.data, np.uint8)
    if data.size < rows * step:
        raise ImageError("truncated data", f"{data.size} bytes; {rows} rows of {step} bytes take {rows * step}")
    padded = data[: rows * step].reshape(rows, step)
    return padded[:, :row].reshape(rows, width, bytes_per_pixel)


def decode(message: Any) -> Pixels:
    """Turn a sensor_msgs/Image into H x W x 3 RGB; a view of the message's data where it is rgb8.

    Raises:
        ImageError: see `pixels`.
    """
    checked = pixels(message)
    return ENCODINGS[message.encoding].to_rgb(checked)


def decode_compressed(data: Any) -> Pixels:
    """Turn the data of a sensor_msgs/CompressedImage (JPEG, PNG, ...) into H x W x 3 RGB.

    Raises:
        ImageError: no picture can be read from it.
    """
    buffer = np.frombuffer(data, np.uint8)
    try:
        bgr = cv2.imdecode(buffer, cv2.IMREAD_COLOR) if buffer.size else None
    except cv2.error as error:  # a header that promises more pixels than OpenCV allocates
        raise ImageError("undecodable", f"{buffer.size} bytes: {error.err}") from error
    if bgr is None:
        raise ImageError("undecodable", f"{buffer.size} bytes that are no complete JPEG, PNG or other known picture")
    return cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)  # type: ignore[return-value]
