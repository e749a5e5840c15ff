# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Camera calibration: a CameraInfo fitted to the size of an image, and the intrinsics in it."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import numpy.typing as npt

from bgflow_ros.segmentation.depth import Intrinsics, same_frame
from bgflow_ros.segmentation.errors import ImageError

__all__ = ["doubt", "fit_camera_info", "intrinsics", "rectification"]

OFF_CENTRE = 0.12
"""Greatest distance of a principal point from the middle, as a share of the image's width or height. Lenses stay within
0.05; K of 640x360 is off by 0.125 in an image of 640x480, the other way round by 0.17, and K of twice the size by
0.5."""
SAME_FOCAL_LENGTH = 0.02
"""Relative difference between the focal lengths of K and P from which on it matters for points: 2 cm in a metre."""


def fit_camera_info(info: Any, width: int, height: int) -> Any:
    """Copy a CameraInfo so that it describes an image without binning and region of interest.

    K and P of a CameraInfo refer to the full resolution, of which the driver may publish a binned region
    (sensor_msgs/CameraInfo, REP 104). Where region and binning explain the image's size, K and P are shifted and
    scaled as image_geometry does. A CameraInfo that already has the image's size is not changed, because the driver
    or the node that scaled the image has scaled it as well.

    Args:
        info: anything with the fields of sensor_msgs/CameraInfo; not changed.
        width: width of the image, in pixels.
        height: height of the image, in pixels.

    Returns:
        A message of the same type, with K, P, size, binning and region of interest of the image and all else equal.

    Raises:
        ImageError: nothing in the CameraInfo explains the image's size.
    """
    roi = info.roi
    # A width or height of 0 stands for the full resolution (sensor_msgs/RegionOfInterest), so offsets mean nothing.
    full = not roi.width or not roi.height
    left, top = (0, 0) if full else (roi.x_offset, roi.y_offset)
    wide, high = (info.width, info.height) if full else (roi.width, roi.height)
    across, down = info.binning_x or 1, info.binning_y or 1
    inside = left + wide <= info.width and top + high <= info.height
    fitted = copy.copy(info)
    if inside and (wide // across, high // down) == (width, height):
        fitted.k = _adjusted(info.k, (left, top), (across, down))
        fitted.p = _adjusted(info.p, (left, top), (across, down))
    elif (info.width, info.height) != (width, height):
        region = "" if full else f", region of interest {wide}x{high} at {left}, {top}"
        binning = "" if (across, down) == (1, 1) else f", binning {across}x{down}"
        raise ImageError(
            "camera_info of another size",
            f"camera_info is of {info.width}x{info.height}{region}{binning}, the image of {width}x{height}",
        )
    fitted.width, fitted.height = width, height
    fitted.binning_x = fitted.binning_y = 0
    fitted.roi = type(roi)(x_offset=0, y_offset=0, height=0, width=0, do_rectify=False)
    return fitted


def intrinsics(info: Any) -> Intrinsics:
    """Take the intrinsics from K of a CameraInfo that describes its image.

    Raises:
        ImageError: the camera is not calibrated (its focal length is 0), or a value is not a number.
    """
    k = np.asarray(info.k, np.float64)
    found = Intrinsics(*k[[0, 4, 2, 5]].tolist()) if k.size == 9 else None
    if found is None or not np.isfinite(found).all() or min(found.fx, found.fy) <= 0:
        said = "none" if found is None else ", ".join(f"{value:g}" for value in found)
        raise ImageError(
            "no calibration",
            f"camera_info has fx, fy, cx, cy {said}; expected focal lengths above 0; calibrate the camera",
        )
    return found


def doubt(info: Any, frame: str) -> str:
    """Say why a CameraInfo of the right size may belong to another image; empty where nothing suggests that.

    Args:
        info: anything with the fields of sensor_msgs/CameraInfo, as it was received.
        frame: the frame_id of the image.
    """
    own = info.header.frame_id
    if not same_frame(own, frame):
        return f"camera_info is in frame {own}, the image in {frame}; expected one"
    k = np.asarray(info.k, np.float64)
    if k.size != 9 or not np.isfinite(k).all() or not k.any():
        return ""  # not calibrated, see `intrinsics`
    if any(abs(k[place] - size / 2) > OFF_CENTRE * size for place, size in ((2, info.width), (5, info.height))):
        return (
            f"camera_info of {info.width}x{info.height} has its principal point at {k[2]:g}, {k[5]:g}, far from the "
            "middle: is K of another size?"
        )
    return ""


def rectification(info: Any) -> str:
    """Warn where a calibration gives correct points only for unrectified images; empty where K and P agree.

    K describes the image as the lens projects it, P the rectified one, and no message says which one an image is.
    """
    k, p = np.asarray(info.k, np.float64), np.asarray(info.p, np.float64)
    if p.size != 12 or not p.any():
        return ""
    if np.allclose(k[[0, 4]], p[[0, 5]], rtol=SAME_FOCAL_LENGTH):
        return ""
    return (
        f"camera_info has focal lengths {k[0]:g}, {k[4]:g} in K and {p[0]:g}, {p[5]:g} in P: points are made with K, "
        "which is not that of a rectified image"
    )


def _adjusted(matrix: Any, offset: tuple[int, int], binning: tuple[int, int]) -> npt.NDArray[np.float64]:
    """K (3 x 3) or P (3 x 4), row by row, for a binned region; zeros, which mean no calibration, stay zeros."""
    rows = np.array(matrix, np.float64).reshape(3, -1)
    if rows.any():
        rows[:2, 2] -= offset
        rows[:2] /= np.array(binning)[:, None]
    return rows.reshape(-1)
