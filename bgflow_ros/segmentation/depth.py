# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Depth images according to REP 118, and the static depth and foreground points that masks make of them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from bgflow_ros.segmentation.errors import ImageError
from bgflow_ros.segmentation.images import view_rows

__all__ = [
    "ENCODINGS",
    "Depth",
    "Intrinsics",
    "decode",
    "decode_registered",
    "foreground_points",
    "same_frame",
    "static_depth",
]

Depth = npt.NDArray[np.uint16] | npt.NDArray[np.float32]
"""H x W along the optical axis: uint16 in millimetres, 0 where unknown, or float32 in metres, NaN where unknown."""

ENCODINGS: dict[str, type[np.uint16] | type[np.float32]] = {
    "16UC1": np.uint16,
    "mono16": np.uint16,
    "32FC1": np.float32,
}
"""NumPy types by the names of depth encodings; some drivers call 16UC1 mono16."""


class Intrinsics(NamedTuple):
    """Focal lengths and principal point of a pinhole camera, in pixels."""

    fx: float
    fy: float
    cx: float
    cy: float


def decode(message: Any) -> Depth:
    """View the depth of a sensor_msgs/Image without copying it, unless its byte order is not this machine's.

    Raises:
        ImageError: the encoding is not a depth encoding, or a field does not fit the data.
    """
    kind = ENCODINGS.get(message.encoding)
    if kind is None:
        raise ImageError("unknown depth encoding", f"{message.encoding!r}; expected one of {', '.join(ENCODINGS)}")
    stored = np.dtype(kind).newbyteorder(">" if message.is_bigendian else "<")
    try:
        data = view_rows(message, stored.itemsize, message.height)
    except ImageError as error:  # told and counted apart from the same fault of an image
        raise ImageError(f"depth: {error.cause}", error.detail) from error
    rows: Any = np.ascontiguousarray(data).view(stored)
    depth: Depth = rows[..., 0].astype(kind, copy=False)
    return depth


def decode_registered(message: Any, width: int, height: int) -> Depth:
    """View the depth of a sensor_msgs/Image that must be registered to an image, pixel by pixel.

    Args:
        message: anything with the fields of sensor_msgs/Image.
        width: width of the image, in pixels.
        height: height of the image, in pixels.

    Raises:
        ImageError: the message holds no depth, or depth of another size.
    """
    depth = decode(message)
    if depth.shape != (height, width):
        raise ImageError(
            "depth of another size",
            f"{message.width}x{message.height} pixels, the image has {width}x{height}; "
            "expected depth registered to the image (depth_image_proc's register)",
        )
    return depth


def same_frame(frame: str, other: str) -> bool:
    """Tell whether two frame_ids name one frame.

    Drivers that descend from ROS 1 write a leading slash. An empty frame_id agrees with every other.
    """
    return not frame or not other or frame.lstrip("/") == other.lstrip("/")


def static_depth(depth: Depth, static: npt.NDArray[np.uint8]) -> Depth:
    """Copy depth and make everything invalid that is not static: 0 in millimetres, NaN in metres (REP 118).

    Args:
        depth: H x W.
        static: H x W, 0 or 255.
    """
    invalid = 0 if depth.dtype == np.uint16 else np.nan
    return np.where(static > 0, depth, depth.dtype.type(invalid))


def foreground_points(
    depth: Depth, foreground: npt.NDArray[np.uint8], intrinsics: Intrinsics
) -> npt.NDArray[np.float32]:
    """Compute the points of all pixels that are foreground and have depth.

    Args:
        depth: H x W; unknown, infinite and negative depths give no point.
        foreground: H x W, 0 or 255.
        intrinsics: intrinsics of the camera along whose optical axis depth is measured.

    Returns:
        N x 3, in metres: x to the right, y down, z forward (the optical frame of REP 103).
    """
    v, u = np.nonzero((foreground > 0) & (depth > 0) & (depth < np.inf))
    z = depth[v, u].astype(np.float32)
    if depth.dtype == np.uint16:
        z *= np.float32(0.001)
    points = np.empty((z.size, 3), np.float32)
    points[:, 0] = (u - np.float32(intrinsics.cx)) / np.float32(intrinsics.fx) * z
    points[:, 1] = (v - np.float32(intrinsics.cy)) / np.float32(intrinsics.fy) * z
    points[:, 2] = z
    return points
