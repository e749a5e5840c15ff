# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Pixel formats: raw and compressed images, whatever their encoding, to RGB (sensor_msgs/image_encodings.hpp)."""

from __future__ import annotations

import contextlib
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from bgflow_ros import LARGEST

__all__ = [
    "ENCODINGS",
    "Decoder",
    "ImageError",
    "check_whole",
    "decode_compressed",
    "encoding_before",
    "pixels",
    "view_rows",
]

Pixels = npt.NDArray[np.uint8]


class ImageError(ValueError):
    """A message that holds no usable image.

    Attributes:
        cause: which kind of fault, a few words that do not change from frame to frame, for counting.
        detail: what was found and what was expected.
    """

    def __init__(self, cause: str, detail: str) -> None:
        super().__init__(f"{cause}: {detail}")
        self.cause, self.detail = cause, detail


@dataclass(frozen=True)
class Encoding:
    """How an encoding lies in memory and how it becomes RGB."""

    bytes: int
    """A pixel's bytes in a row; of planar encodings, those of the luma plane."""
    to_rgb: Callable[[Pixels], Pixels]
    """Converts rows x width x channels of 8 bits."""
    rows: tuple[int, int] = (1, 1)
    """Rows in memory for each row of the image, as a fraction: 3/2 with half-size chroma below the luma."""
    even: bool = False
    """Whether chroma is shared by neighbours, so that width (and height, where planar) must be even."""
    packed: bool = False
    """Whether rows must follow one another without padding, because chroma has rows of another length than luma."""
    values: type[np.uint8] | type[np.uint16] = np.uint8
    """Type of a channel's values; those of 16 bits are scaled to 8 before they are converted."""


def _cvt(code: int) -> Callable[[Pixels], Pixels]:
    return lambda pixels: cv2.cvtColor(pixels, code)  # type: ignore[return-value]


def _nv24(planes: Pixels) -> Pixels:
    """Convert luma, then chroma of full size, as NV12 of twice the size, whose chroma has half of that."""
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
# OpenCV names a pattern by its second row's second and third pixel, ROS by its first row's first two.
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
    "8UC3": BGR,  # OpenCV's order: whoever publishes a nameless three-channel image made it with OpenCV
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
    # Not in image_encodings.hpp; Video4Linux's name for I420, which some drivers take over.
    "yuv420": Encoding(1, _cvt(cv2.COLOR_YUV2RGB_I420), rows=(3, 2), even=True, packed=True),
    **{f"{name}8": encoding for name, encoding in BAYER.items()},
    **{f"{name}16": _of_16_bits(encoding) for name, encoding in BAYER.items()},
}
"""Every encoding that is understood, by its name in a message."""
DEPTH = ("16UC1", "32FC1")
"""Encodings that mean depth (REP-118) and nothing else."""
RANGES = (8, 10, 12, 14, 16)
"""Bits of a value that cameras of up to 16 bits have."""
TIFF_ORIENTATION = 274
JPEG = b"\xff\xd8"
MARKER = re.compile(rb"\xff([^\x00\xd0-\xd7\xff])")
"""What ends a JPEG's coded pixels: a marker that is neither stuffing nor a restart."""
JPEG_END = b"\xd9"


def pixels(message: Any) -> Pixels:
    """View the data of a sensor_msgs/Image, without copying, as rows x width x bytes; check every field on the way.

    Args:
        message: anything with the fields encoding, width, height, step and data of sensor_msgs/Image.

    Raises:
        ImageError: unknown encoding, zero or huge size, a step or data that do not fit the size.
    """
    encoding = ENCODINGS.get(message.encoding)
    if encoding is None:
        what = ", which is depth (REP-118)" if message.encoding in DEPTH else ""
        raise ImageError("unknown encoding", f"{message.encoding!r}{what}; expected one of {', '.join(ENCODINGS)}")
    width, height = message.width, message.height
    if encoding.even and (width % 2 or (encoding.rows != (1, 1) and height % 2)):
        raise ImageError("odd size", f"{width}x{height} pixels; {message.encoding} shares chroma between two")
    if encoding.packed and message.step > width:
        raise ImageError("wrong step", f"{message.step} bytes a row; {message.encoding} is read of {width}, unpadded")
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


class Decoder:
    """Decodes the images of one camera.

    Values of 16 bits are divided so that the largest range of the camera's images so far (8, 10, 12, 14 or 16 bits)
    becomes that of 8 bits: a camera of 12 bits is neither black nor changes its brightness with every frame.
    """

    def __init__(self) -> None:
        self._bits = RANGES[0]

    def image(self, message: Any) -> Pixels:
        """Turn a sensor_msgs/Image into H x W x 3 RGB; a view of the message's data where it is rgb8.

        Raises:
            ImageError: see `pixels`.
        """
        data, encoding = pixels(message), ENCODINGS[message.encoding]
        if encoding.values == np.uint16:
            stored = np.dtype(">u2" if message.is_bigendian else "<u2")
            data = self._to_8_bits(np.ascontiguousarray(data).view(stored))
        return encoding.to_rgb(data)

    def compressed(self, data: Any, format_: str = "") -> Pixels:
        """Turn the data of a sensor_msgs/CompressedImage (JPEG, PNG, ...) into H x W x 3 RGB.

        It is never turned, whatever orientation it claims: calibration and depth describe what the sensor wrote.

        Args:
            data: of the message.
            format_: of the message, see `encoding_before`; one that says nothing known is not heeded.

        Raises:
            ImageError: no image can be read from it, or what was compressed is depth.
        """
        encoding = encoding_before(format_)
        if encoding in DEPTH:
            raise ImageError("unknown encoding", f"{encoding!r}, compressed, which is depth (REP-118)")
        # A mosaic is compressed as the grey image that it looks like, or converted before.
        mosaic = ENCODINGS[encoding] if encoding.startswith("bayer_") and encoding in ENCODINGS else None
        colour = cv2.IMREAD_ANYCOLOR if mosaic else cv2.IMREAD_COLOR
        return self._decompress(_unturned(data), colour | cv2.IMREAD_IGNORE_ORIENTATION, mosaic)

    def _decompress(self, data: Any, flags: int, mosaic: Encoding | None = None) -> Pixels:
        buffer = np.frombuffer(data, np.uint8)
        check_whole(buffer)
        try:
            bgr = cv2.imdecode(buffer, cv2.IMREAD_ANYDEPTH | flags) if buffer.size else None
        except cv2.error as error:  # a header that promises more pixels than OpenCV allocates
            raise ImageError("undecodable", f"{buffer.size} bytes: {error.err}") from error
        if bgr is None:
            raise ImageError("undecodable", f"{buffer.size} bytes that are no complete JPEG, PNG or other known image")
        if bgr.dtype not in (np.uint8, np.uint16):
            raise ImageError("undecodable", f"values of {bgr.dtype}; expected 8 or 16 bits")
        encoding = mosaic if mosaic and bgr.ndim == 2 else BGR
        return encoding.to_rgb(bgr if bgr.dtype == np.uint8 else self._to_8_bits(bgr))  # type: ignore[arg-type]

    def _to_8_bits(self, values: npt.NDArray[np.uint16]) -> Pixels:
        bits = int(values[..., :3].max()).bit_length()  # a fourth channel, alpha, has the whole range
        self._bits = max(self._bits, next(range_ for range_ in RANGES if bits <= range_))
        return (values >> (self._bits - 8)).astype(np.uint8)


def check_whole(buffer: Pixels) -> None:
    """Refuse a JPEG that is cut off: OpenCV before 5 fills what is missing with grey and says nothing.

    Raises:
        ImageError: its end marker is missing. What follows that marker, as some cameras and telephones append, is free.
    """
    data = buffer.tobytes()
    if not data.startswith(JPEG) or data.endswith(b"\xff" + JPEG_END):
        return
    place = len(JPEG)
    while marker := MARKER.search(data, place):
        if marker[1] == JPEG_END:
            return
        # A segment, which begins with its length; it may hold anything, a whole preview too.
        place = marker.end() + int.from_bytes(data[marker.end() : marker.end() + 2], "big")
    raise ImageError("undecodable", f"{buffer.size} bytes that are no complete JPEG: it is cut off")


def decode_compressed(data: Any) -> Pixels:
    """Turn the bytes of an image file into H x W x 3 RGB, turned as its orientation flag says.

    Raises:
        ImageError: no image can be read from it.
    """
    return Decoder()._decompress(data, cv2.IMREAD_COLOR)


def encoding_before(format_: str) -> str:
    """Encoding that an image had before image_transport compressed it, by the message's format.

    That is `16UC1; png compressed ` or `rgb8; jpeg compressed bgr8`, but other publishers write `jpeg` and the like,
    which is no encoding. What compressedDepth publishes is depth, whatever it says.
    """
    return "16UC1" if "compressedDepth" in format_ else format_.partition(";")[0].strip()


def _unturned(data: Any) -> Any:
    """Data whose orientation, where they are a TIFF, is the upright one: OpenCV turns that format in any case."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(bytes(data[:4]))
    if order is None:
        return data
    upright = bytearray(data)
    with contextlib.suppress(struct.error):  # OpenCV will refuse it
        [directory] = struct.unpack_from(order + "I", upright, 4)
        [entries] = struct.unpack_from(order + "H", upright, directory)
        for entry in range(directory + 2, directory + 2 + 12 * entries, 12):
            if struct.unpack_from(order + "H", upright, entry)[0] == TIFF_ORIENTATION:
                struct.pack_into(order + "H", upright, entry + 8, 1)
    return upright
