# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Compressed images: JPEG, PNG and every other format that OpenCV reads."""

from __future__ import annotations

import contextlib
import re
import struct
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from bgflow_ros.segmentation.errors import ImageError

__all__ = ["JPEG", "PNG", "decompress", "encoding_before", "upright_tiff"]

TIFF_ORIENTATION = 274
JPEG, PNG = b"\xff\xd8", b"\x89PNG\r\n\x1a\n"
"""First bytes of a file."""
MARKER = re.compile(rb"\xff([^\x00\xd0-\xd7\xff])")
"""End of the coded pixels of a JPEG: a marker that is neither stuffing nor a restart."""
JPEG_END = b"\xff\xd9"


def decompress(data: Any, flags: int) -> Any:
    """Decode compressed data with OpenCV.

    Args:
        data: content of a file in any image format.
        flags: flags of `cv2.imdecode` beside IMREAD_ANYDEPTH.

    Returns:
        H x W or H x W x 3, uint8 or uint16, in OpenCV's order of channels.

    Raises:
        ImageError: the data hold no complete image, or one with values of another type.
    """
    buffer = np.frombuffer(data, np.uint8)
    _check_whole(buffer)
    try:
        stored = cv2.imdecode(buffer, cv2.IMREAD_ANYDEPTH | flags) if buffer.size else None
    except cv2.error as error:  # a header that promises more pixels than OpenCV allocates
        raise ImageError("undecodable", f"{buffer.size} bytes: {error.err}") from error
    if stored is None:
        raise ImageError("undecodable", f"{buffer.size} bytes that are no complete image of a format that OpenCV reads")
    if stored.dtype not in (np.uint8, np.uint16):
        raise ImageError("undecodable", f"values of {stored.dtype}; expected 8 or 16 bits")
    return stored


def _check_whole(buffer: npt.NDArray[np.uint8]) -> None:
    """Refuse a truncated JPEG, because OpenCV before 5 silently fills the missing part with grey.

    Bytes after the end marker, which some cameras and phones append, are accepted.

    Raises:
        ImageError: the end marker is missing.
    """
    if buffer[:2].tobytes() != JPEG or buffer[-2:].tobytes() == JPEG_END:
        return
    data, place = buffer.data, len(JPEG)
    while marker := MARKER.search(data, place):
        if marker[0] == JPEG_END:
            return
        # A segment begins with its length and may contain anything, even a whole preview image.
        place = marker.end() + int.from_bytes(data[marker.end() : marker.end() + 2], "big")
    raise ImageError("undecodable", f"{buffer.size} bytes that are no complete JPEG: it is cut off")


def encoding_before(format_: str) -> str:
    """Name the encoding that an image had before image_transport compressed it, by the format of the message.

    image_transport writes `16UC1; png compressed ` or `rgb8; jpeg compressed bgr8`. Other publishers write `jpeg` and
    the like, which is no encoding. The transport compressedDepth always carries depth.
    """
    return "16UC1" if "compressedDepth" in format_ else format_.partition(";")[0].strip()


def upright_tiff(data: Any) -> Any:
    """Set the orientation of a TIFF to upright, because OpenCV rotates that format in any case; copy only then."""
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
