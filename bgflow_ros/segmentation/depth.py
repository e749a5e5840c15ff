# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Depth images as REP-118 has them, and what the masks make of them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from bgflow_ros.segmentation.images import ImageError, view_rows

__all__ = ["ENCODINGS", "Depth", "Intrinsics", "decode", "foreground_points", "static_depth"]

Depth = npt.NDArray[np.uint16] | npt.NDArray[np.float32]
"""H x W along the optical axis: uint16 in millimetres, 0 where unknown; or float32 in metres, NaN where unknown."""

ENCODINGS: dict[str, type[np.uint16] | type[np.float32]] = {
    "16UC1": np.uint16,
    "mono16": np.uint16,
    "32FC1": np.float32,
}
"""Encodings of depth by their name in a message; mono16 is what some drivers call 16UC1."""


class Intrinsics(NamedTuple):
    """Focal lengths and principal point of a pinhole camera, in pixels."""

    fx: float
    fy: float
    cx: float
    cy: float


def decode(message: Any) -> Depth:
    """View the depth of a sensor_msgs/Image; copied only where it is of the other endianness.

    Raises:
        ImageError: the encoding is not one of depth, or a field does not fit the data.
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


def static_depth(depth: Depth, static: npt.NDArray[np.uint8]) -> Depth:
    """Copy depth and make everything invalid that is not static: 0 in millimetres, NaN in metres (REP-118).

    Args:
        depth: H x W.
        static: H x W, 0 or 255.
    """
    invalid = 0 if depth.dtype == np.uint16 else np.nan
    return np.where(static > 0, depth, depth.dtype.type(invalid))


def foreground_points(
    depth: Depth, foreground: npt.NDArray[np.uint8], intrinsics: Intrinsics
) -> npt.NDArray[np.float32]:
    """Points of all pixels that are foreground and have depth.

    Args:
        depth: H x W; unknown, infinite and negative depth gives no point.
        foreground: H x W, 0 or 255.
        intrinsics: of the camera whose optical axis the depth lies along.

    Returns:
        N x 3: x to the right, y down, z forward, in metres (REP-103's optical frame).
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
