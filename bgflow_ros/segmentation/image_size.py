# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Size of an image in a message, without decoding its pixels where the format allows that."""

from __future__ import annotations

import contextlib
import struct
from typing import Any

from bgflow_ros.segmentation.compressed import JPEG, PNG
from bgflow_ros.segmentation.images import Decoder, pixels

__all__ = ["image_size"]

FRAME_MARKERS = {*range(0xFFC0, 0xFFD0)} - {0xFFC4, 0xFFC8, 0xFFCC}
"""JPEG markers of a segment that holds the size of the image: SOF0 to SOF15 (ITU-T T.81, table B.1)."""


def image_size(message: Any) -> tuple[int, int]:
    """Width and height of the image in a sensor_msgs/Image or CompressedImage.

    JPEG and PNG are read up to their size alone; other compressed formats are decoded.

    Raises:
        ImageError: the message holds no usable image, as far as that can be seen without decoding it.
    """
    if hasattr(message, "encoding"):
        pixels(message)
        return message.width, message.height
    if size := _size_in_header(memoryview(message.data)):
        return size
    height, width = Decoder().decode(message).shape[:2]
    return width, height


def _size_in_header(data: memoryview) -> tuple[int, int] | None:
    """Width and height as the header of a PNG or JPEG has them; None where there is none."""
    with contextlib.suppress(struct.error):  # it is truncated
        if data[: len(PNG)] == PNG:
            width, height = struct.unpack_from(">II", data, 16)
            return width, height
        if data[: len(JPEG)] == JPEG:
            place = len(JPEG)
            while True:
                marker, length = struct.unpack_from(">HH", data, place)
                if marker in FRAME_MARKERS:
                    height, width = struct.unpack_from(">HH", data, place + 5)
                    return width, height
                if marker < 0xFF01:  # not at a marker; a decoder may still find its way
                    return None
                place += 2 + length
    return None
