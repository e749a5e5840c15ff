# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Depth images according to REP 118, and the static depth and points that masks make of them."""

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
    "metres",
    "organised_points",
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


def static_depth(depth: Depth, kept: npt.NDArray[np.uint8]) -> Depth:
    """Copy depth and make everything invalid that is not kept: 0 in millimetres, NaN in metres (REP 118).

    Args:
        depth: H x W.
        kept: H x W, 0 or 255.
    """
    invalid = 0 if depth.dtype == np.uint16 else np.nan
    return np.where(kept > 0, depth, depth.dtype.type(invalid))


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
    v, u = np.nonzero((foreground > 0) & _known(depth))
    return _points(u, v, depth[v, u], intrinsics)


def organised_points(depth: Depth, intrinsics: Intrinsics) -> npt.NDArray[np.float32]:
    """Compute the point of each pixel.

    Args:
        depth: H x W; unknown, infinite and negative depths give NaN.
        intrinsics: intrinsics of the camera along whose optical axis depth is measured.

    Returns:
        H x W x 3, in metres, as in `foreground_points`.
    """
    height, width = depth.shape
    with np.errstate(invalid="ignore"):  # infinite depth on the optical axis
        points = _points(np.arange(width), np.arange(height)[:, None], depth, intrinsics)
    points[~_known(depth)] = np.nan
    return points


def metres(depth: Depth) -> npt.NDArray[np.float32]:
    """Convert depth of either kind, H x W, to metres, NaN where unknown."""
    scale = np.float32(0.001 if depth.dtype == np.uint16 else 1)
    return np.where(_known(depth), depth * scale, np.float32(np.nan)).astype(np.float32)


def _known(depth: Depth) -> npt.NDArray[np.bool_]:
    known: npt.NDArray[np.bool_] = (depth > 0) & (depth < np.inf)
    return known


def _points(u: npt.NDArray[Any], v: npt.NDArray[Any], depth: Depth, intrinsics: Intrinsics) -> npt.NDArray[np.float32]:
    """Project pixels at columns u and rows v, which broadcast to the shape of their depths."""
    points = np.empty((*depth.shape, 3), np.float32)
    z = points[..., 2]
    np.multiply(depth, np.float32(0.001 if depth.dtype == np.uint16 else 1), out=z, casting="same_kind")
    np.multiply((u - np.float32(intrinsics.cx)) / np.float32(intrinsics.fx), z, out=points[..., 0])
    np.multiply((v - np.float32(intrinsics.cy)) / np.float32(intrinsics.fy), z, out=points[..., 1])
    return points
