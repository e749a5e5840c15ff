# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Decoding of raw and compressed images in any encoding (sensor_msgs/image_encodings.hpp) to RGB."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from bgflow_ros import MAX_PIXELS
from bgflow_ros.segmentation.compressed import decompress, encoding_before, upright_tiff
from bgflow_ros.segmentation.errors import ImageError

__all__ = [
    "ENCODINGS",
    "Decoder",
    "decode_file",
    "pixels",
    "view_rows",
]

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Encoding:
    """Memory layout of a pixel encoding and its conversion to RGB."""

    bytes: int
    """Bytes per pixel in a row; for planar encodings those of the luma plane."""
    to_rgb: Callable[[Pixels], Pixels]
    """Function that converts rows x width x channels of 8 bits."""
    rows: tuple[int, int] = (1, 1)
    """Rows in memory per row of the image, as a fraction; for example 3/2 with half-size chroma below the luma."""
    even: bool = False
    """True where neighbours share chroma, so that width (and height, for planar encodings) must be even."""
    packed: bool = False
    """True where rows must not be padded, because rows of chroma and luma have different lengths."""
    values: type[np.uint8] | type[np.uint16] = np.uint8
    """Type of a channel's values; 16 bits are scaled to 8 before the conversion."""


def _cvt(code: int) -> Callable[[Pixels], Pixels]:
    return lambda pixels: cv2.cvtColor(pixels, code)  # type: ignore[return-value]


def _nv24(planes: Pixels) -> Pixels:
    """Convert luma with chroma of full size as an NV12 image of twice the size, whose chroma has half of that size."""
    height, width = planes.shape[0] // 3, planes.shape[1]
    luma = planes[:height, :, 0].repeat(2, axis=0).repeat(2, axis=1)
    doubled = np.vstack([luma, planes[height:].reshape(height, 2 * width)])
    return np.ascontiguousarray(cv2.cvtColor(doubled, cv2.COLOR_YUV2RGB_NV12)[::2, ::2], np.uint8)


RGB = Encoding(3, lambda pixels: pixels)
BGR = Encoding(3, _cvt(cv2.COLOR_BGR2RGB))
RGBA = Encoding(4, _cvt(cv2.COLOR_RGBA2RGB))
BGRA = Encoding(4, _cvt(cv2.COLOR_BGRA2RGB))
GREY = Encoding(1, _cvt(cv2.COLOR_GRAY2RGB))
UYVY = Encoding(2, _cvt(cv2.COLOR_YUV2RGB_UYVY), even=True)
YUYV = Encoding(2, _cvt(cv2.COLOR_YUV2RGB_YUY2), even=True)
# OpenCV names a pattern after the second and third pixel of the second row, ROS after the first two of the first row.
BAYER = {
    "bayer_rggb": Encoding(1, _cvt(cv2.COLOR_BayerBG2RGB)),
    "bayer_bggr": Encoding(1, _cvt(cv2.COLOR_BayerRG2RGB)),
    "bayer_gbrg": Encoding(1, _cvt(cv2.COLOR_BayerGR2RGB)),
    "bayer_grbg": Encoding(1, _cvt(cv2.COLOR_BayerGB2RGB)),
}


def _of_16_bits(encoding: Encoding) -> Encoding:
    return replace(encoding, bytes=2 * encoding.bytes, values=np.uint16)


ENCODINGS = {
    "rgb8": RGB,
    "bgr8": BGR,
    "8UC3": BGR,  # the order of OpenCV, with which such images are usually made
    "rgba8": RGBA,
    "bgra8": BGRA,
    "mono8": GREY,
    "8UC1": GREY,
    "rgb16": _of_16_bits(RGB),
    "bgr16": _of_16_bits(BGR),
    "16UC3": _of_16_bits(BGR),
    "rgba16": _of_16_bits(RGBA),
    "bgra16": _of_16_bits(BGRA),
    "mono16": _of_16_bits(GREY),
    "uyvy": UYVY,
    "yuv422": UYVY,
    "yuyv": YUYV,
    "yuv422_yuy2": YUYV,
    "nv12": Encoding(1, _cvt(cv2.COLOR_YUV2RGB_NV12), rows=(3, 2), even=True),
    "nv21": Encoding(1, _cvt(cv2.COLOR_YUV2RGB_NV21), rows=(3, 2), even=True),
    "nv24": Encoding(1, _nv24, rows=(3, 1), packed=True),
    # Not in image_encodings.hpp, but the name that Video4Linux and some drivers give I420.
    "yuv420": Encoding(1, _cvt(cv2.COLOR_YUV2RGB_I420), rows=(3, 2), even=True, packed=True),
    **{f"{name}8": encoding for name, encoding in BAYER.items()},
    **{f"{name}16": _of_16_bits(encoding) for name, encoding in BAYER.items()},
}
"""Every encoding that can be decoded, by its name in a message."""
DEPTH = ("16UC1", "32FC1")
"""Encodings that always mean depth (REP 118)."""
RANGES = (8, 10, 12, 14, 16)
"""Numbers of bits per value of cameras whose values are stored in 16 bits."""


def pixels(message: Any) -> Pixels:
    """Check every field of a sensor_msgs/Image and view its data as rows x width x bytes, without copying them.

    Args:
        message: anything with the fields encoding, width, height, step and data of sensor_msgs/Image.

    Raises:
        ImageError: the encoding is unknown, the size is zero or huge, or step or data do not fit the size.
    """
    encoding = ENCODINGS.get(message.encoding)
    if encoding is None:
        what = ", which is depth (REP-118)" if message.encoding in DEPTH else ""
        raise ImageError("unknown encoding", f"{message.encoding!r}{what}; expected one of {', '.join(ENCODINGS)}")
    width, height = message.width, message.height
    if encoding.even and (width % 2 or (encoding.rows != (1, 1) and height % 2)):
        raise ImageError("odd size", f"{width}x{height} pixels; {message.encoding} shares chroma between two")
    if encoding.packed and message.step > width:
        found = f"step is {message.step}; {message.encoding} must be unpadded ({width} bytes per row)"
        raise ImageError("wrong step", found)
    return view_rows(message, encoding.bytes, height * encoding.rows[0] // encoding.rows[1])


def view_rows(message: Any, bytes_per_pixel: int, rows: int) -> Pixels:
    """Check the size of a sensor_msgs/Image and view its data as rows x width x bytes, without copying them.

    Raises:
        ImageError: the size is zero or huge, or step or data do not fit the size.
    """
    width, height, step = message.width, message.height, message.step
    if width == 0 or height == 0:
        raise ImageError("zero size", f"{width}x{height} pixels")
    if width * height > MAX_PIXELS:
        raise ImageError("oversized", f"{width}x{height} pixels; expected at most {MAX_PIXELS} in all")
    row = width * bytes_per_pixel
    if step < row:
        raise ImageError("wrong step", f"step is {step}; {width} pixels of {message.encoding} need {row} bytes")
    data = np.frombuffer(message.data, np.uint8)
    if data.size < rows * step:
        raise ImageError("truncated data", f"{data.size} bytes; {rows} rows of {step} bytes take {rows * step}")
    padded = data[: rows * step].reshape(rows, step)
    return padded[:, :row].reshape(rows, width, bytes_per_pixel)


class Decoder:
    """Decodes the images of one camera.

    Values of 16 bits are scaled so that the largest range seen so far (8, 10, 12, 14 or 16 bits) becomes 8 bits. Thus a
    camera of 12 bits is not black, and its brightness does not change with every frame.
    """

    def __init__(self) -> None:
        self._bits = RANGES[0]

    def decode(self, message: Any) -> Pixels:
        """Convert a sensor_msgs/Image or CompressedImage to H x W x 3 RGB.

        Raises:
            ImageError: the message holds no usable image.
        """
        return self.image(message) if hasattr(message, "encoding") else self.compressed(message.data, message.format)

    def image(self, message: Any) -> Pixels:
        """Convert a sensor_msgs/Image to H x W x 3 RGB; the result is a view of the message's data where that is rgb8.

        Raises:
            ImageError: see `pixels`.
        """
        data, encoding = pixels(message), ENCODINGS[message.encoding]
        if encoding.values == np.uint16:
            stored = np.dtype(">u2" if message.is_bigendian else "<u2")
            data = self._to_8_bits(np.ascontiguousarray(data).view(stored))
        return encoding.to_rgb(data)

    def compressed(self, data: Any, format_: str = "") -> Pixels:
        """Convert the data of a sensor_msgs/CompressedImage (JPEG, PNG, ...) to H x W x 3 RGB.

        The image is never rotated, whatever its EXIF orientation, because calibration and depth describe it as the
        sensor wrote it.

        Args:
            data: data of the message.
            format_: format of the message, see `encoding_before`; an unknown one is ignored.

        Raises:
            ImageError: the data hold no image that OpenCV can decode, or they are compressed depth.
        """
        encoding = encoding_before(format_)
        if encoding in DEPTH:
            raise ImageError("unknown encoding", f"{encoding!r}, compressed, which is depth (REP-118)")
        # A mosaic is compressed as the grey image that it looks like, or converted before.
        mosaic = ENCODINGS[encoding] if encoding.startswith("bayer_") and encoding in ENCODINGS else None
        colour = cv2.IMREAD_ANYCOLOR if mosaic else cv2.IMREAD_COLOR
        return self._to_rgb(decompress(upright_tiff(data), colour | cv2.IMREAD_IGNORE_ORIENTATION), mosaic or GREY)

    def _to_rgb(self, stored: Any, one_channel: Encoding = GREY) -> Pixels:
        """Convert H x W, or H x W x 3 in OpenCV's order, of 8 or 16 bits."""
        values = stored.reshape(*stored.shape[:2], -1)
        encoding = one_channel if values.shape[2] == 1 else BGR
        return encoding.to_rgb(values if values.dtype == np.uint8 else self._to_8_bits(values))

    def _to_8_bits(self, values: npt.NDArray[np.uint16]) -> Pixels:
        bits = int(values[..., :3].max()).bit_length()  # without alpha, which uses the whole range
        self._bits = max(self._bits, next(range_ for range_ in RANGES if bits <= range_))
        return (values >> (self._bits - 8)).astype(np.uint8)


def decode_file(data: Any) -> Pixels:
    """Convert the content of an image file to H x W x 3 RGB, rotated as its EXIF orientation says.

    Colours of 16 bits are scaled as `Decoder` does, by the range of this image.

    Raises:
        ImageError: the file holds no image that this OpenCV can decode, or measurements such as depth or temperature
            instead of colours.
    """
    stored = decompress(data, cv2.IMREAD_ANYCOLOR)
    if stored.dtype == np.uint16 and stored.ndim == 2:
        raise ImageError("no camera image", "single-channel 16-bit image (probably depth); expected 8-bit or colour")
    return Decoder()._to_rgb(stored)
