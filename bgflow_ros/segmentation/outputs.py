# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Registry of the outputs: everything that is published, recorded or written to files for one image.

The node, the copies of bags and the files of `bgflow segment` take names, encodings and arrays from here, and the
documentation its table of topics.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import numpy.typing as npt

__all__ = [
    "CAMERA_INFO",
    "CONFIDENCE",
    "FOREGROUND_MASK",
    "FOREGROUND_POINTS",
    "IGNORE_MASK",
    "IMAGE_OUTPUTS",
    "LABELS",
    "LABEL_INFO",
    "LIKELIHOOD",
    "OUTPUTS",
    "OVERLAY",
    "POINTS",
    "STATIC_DEPTH",
    "STATIC_DEPTH_INFO",
    "STATIC_MASK",
    "Output",
]

IMAGE, INFO, CLOUD = (f"sensor_msgs/msg/{name}" for name in ("Image", "CameraInfo", "PointCloud2"))


@dataclass(frozen=True)
class Output:
    """One output and, where it is made from the image alone, the array that it carries."""

    name: str
    """Name of the topic below the node's name."""
    type: str
    """Name of the ROS message type."""
    encoding: str
    """Pixel encoding (sensor_msgs/image_encodings.hpp), or how a point is stored; empty for calibrations."""
    description: str
    """One sentence for users."""
    pixels: Callable[[Any], npt.NDArray[Any]] | None = None
    """Gets H x W or H x W x 3 from a `Refined`; None for outputs that are not made from the image alone."""
    file: str = ""
    """End of the names of files that hold this output; empty where none does."""
    latched: bool = False
    """True where the last message is kept for subscribers that come later (transient local)."""

    @property
    def topic(self) -> str:
        """Private ROS topic name, relative to the node."""
        return f"~/{self.name}"


LIKELIHOOD = Output(
    "likelihood",
    IMAGE,
    "32FC1",
    "Probability of background, 0 to 1.",
    attrgetter("likelihood"),
    "likelihood.npy",
)
FOREGROUND_MASK = Output(
    "foreground_mask",
    IMAGE,
    "mono8",
    "255 = foreground, 0 = not foreground.",
    attrgetter("foreground"),
    "foreground.png",
)
STATIC_MASK = Output(
    "static_mask",
    IMAGE,
    "mono8",
    "255 = surely static background, 0 = everything else, uncertain pixels included.",
    attrgetter("static"),
    "static.png",
)
IGNORE_MASK = Output(
    "ignore_mask",
    IMAGE,
    "mono8",
    "Complement of the static mask: 255 = do not use this pixel.",
    attrgetter("ignore"),
)
OVERLAY = Output(
    "overlay",
    IMAGE,
    "rgb8",
    "The image for people: foreground tinted red, static background outlined green.",
    attrgetter("overlay"),
    "overlay.jpg",
)
CAMERA_INFO = Output(
    "camera_info",
    INFO,
    "",
    "Calibration that describes the masks, with their header.",
)
STATIC_DEPTH = Output(
    "static_depth/image",
    IMAGE,
    "that of the incoming depth",
    "Depth in which everything that `depth_keeps` does not keep is invalid: 0 in 16UC1, NaN in 32FC1 (REP 118).",
)
STATIC_DEPTH_INFO = Output(
    "static_depth/camera_info",
    INFO,
    "",
    "Calibration that describes the static depth, with its header.",
)
FOREGROUND_POINTS = Output(
    "foreground_points",
    CLOUD,
    "x, y, z as float32, no NaN",
    "Foreground pixels that have depth, as points in the camera's optical frame; needs `camera_info`.",
)
LABELS = Output(
    "labels",
    IMAGE,
    "mono8",
    "Class of each pixel: 1 = background, 2 = foreground, 255 = unlabelled, the robot itself.",
    attrgetter("labels"),
)
CONFIDENCE = Output(
    "confidence",
    IMAGE,
    "mono8",
    "Probability of the class in `~/labels`, 0 to 255; 127 at even odds.",
    attrgetter("confidence"),
)
LABEL_INFO = Output(
    "label_info",
    "vision_msgs/msg/LabelInfo",
    "",
    "Names of the classes in `~/labels`, for late subscribers as well (transient local); only where vision_msgs is "
    "installed.",
    latched=True,
)
POINTS = Output(
    "points",
    CLOUD,
    "x, y, z as float32, NaN without depth",
    "The depth as a cloud of the image's height and width, pixel by pixel, with its header; needs `camera_info`.",
)

IMAGE_OUTPUTS = (LIKELIHOOD, FOREGROUND_MASK, STATIC_MASK, IGNORE_MASK, OVERLAY, LABELS, CONFIDENCE)
"""Outputs that are made from the image alone."""
OUTPUTS = (*IMAGE_OUTPUTS, LABEL_INFO, CAMERA_INFO, STATIC_DEPTH, STATIC_DEPTH_INFO, FOREGROUND_POINTS, POINTS)
"""Every output."""
