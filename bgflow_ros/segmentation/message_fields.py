# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Fields of ROS messages, stamps and those that carry arrays, without ROS: the same for the node and for bags."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from bgflow_ros.segmentation.labels import NAMES

__all__ = ["image_fields", "label_info_fields", "nanoseconds", "point_cloud_fields"]

FLOAT32 = 7
"""Data type of a sensor_msgs/PointField."""


def nanoseconds(header: Any) -> int:
    """Stamp of a std_msgs/Header; unlike rclpy's Time it may be negative, which happens with broken drivers."""
    return int(header.stamp.sec) * 1_000_000_000 + int(header.stamp.nanosec)


def image_fields(pixels: npt.NDArray[Any], encoding: str) -> dict[str, Any]:
    """Fields of a sensor_msgs/Image except its header.

    Args:
        pixels: H x W or H x W x C, of the type that the encoding names; not copied where it is contiguous.
        encoding: name of a pixel encoding (sensor_msgs/image_encodings.hpp).

    Returns:
        Values by field name; `data` is a one-dimensional array of uint8.
    """
    pixels = np.ascontiguousarray(pixels)
    return {
        "height": pixels.shape[0],
        "width": pixels.shape[1],
        "encoding": encoding,
        "is_bigendian": 0,
        "step": pixels.strides[0],
        "data": _bytes(pixels),
    }


def point_cloud_fields(points: npt.NDArray[np.float32], point_field: Callable[..., Any]) -> dict[str, Any]:
    """Fields of a sensor_msgs/PointCloud2 except its header.

    Args:
        points: in metres; N x 3 without NaN, or H x W x 3 for an organised cloud, in which NaN stands for no point.
        point_field: the message class of sensor_msgs/PointField.

    Returns:
        Values by field name; `data` is a one-dimensional array of uint8.
    """
    height, width = points.shape[:-1] if points.ndim == 3 else (1, points.shape[0])
    return {
        "height": height,
        "width": width,
        "fields": [
            point_field(name=name, offset=4 * axis, datatype=FLOAT32, count=1) for axis, name in enumerate("xyz")
        ],
        "is_bigendian": False,
        "point_step": 12,
        "row_step": 12 * width,
        "data": _bytes(np.ascontiguousarray(points)),
        "is_dense": points.ndim == 2,
    }


def label_info_fields(vision_class: Callable[..., Any]) -> dict[str, Any]:
    """Fields of a vision_msgs/LabelInfo except its header: the names of the labels.

    Args:
        vision_class: the message class of vision_msgs/VisionClass.
    """
    return {
        "class_map": [vision_class(class_id=id, class_name=name) for id, name in NAMES.items()],
        "threshold": 0.0,
    }


def _bytes(values: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    return values.reshape(-1).view(np.uint8)
