# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Messages of the generated bags."""

from __future__ import annotations

from typing import Any

import numpy as np
from rosbags.typesys import Stores, get_typestore

__all__ = ["HEIGHT", "IMAGE", "STORE", "WIDTH", "image_message", "message_header"]

STORE = get_typestore(Stores.LATEST)
IMAGE = "sensor_msgs/msg/Image"
HEIGHT, WIDTH = 48, 64


def message_header(seconds: int, nanoseconds: int = 0, frame: str = "optical") -> Any:
    """Header with a time stamp and a frame_id."""
    time = STORE.types["builtin_interfaces/msg/Time"](sec=seconds, nanosec=nanoseconds)
    return STORE.types["std_msgs/msg/Header"](stamp=time, frame_id=frame)


def image_message(header: Any, pixels: np.ndarray, encoding: str, **changes: Any) -> Any:
    """Image message of pixels; `changes` replace its fields."""
    height, width = pixels.shape[:2]
    rows = np.ascontiguousarray(pixels).reshape(height, -1).view(np.uint8)
    fields = {
        "header": header,
        "height": height,
        "width": width,
        "encoding": encoding,
        "is_bigendian": 0,
        "step": rows.shape[1],
        "data": rows.ravel(),
    }
    return STORE.types[IMAGE](**(fields | changes))
