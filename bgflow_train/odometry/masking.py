# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Ways to say which pixels odometry may use: nothing, the node's masks, remedies where they leave too little, truth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from bgflow_ros.segmenter import Segmentation
from bgflow_train.odometry.drive import Frame

__all__ = ["ENOUGH", "MASKINGS", "NONE", "SHARE", "Given", "features"]

Mask = npt.NDArray[np.uint8]

SHARE = 0.5
"""`min_static` of the remedy in the node, chosen on drives of other rooms than those reported (doc/odometry.md)."""
ENOUGH = 150
"""Features below which the remedy in the consumer takes the frame without a mask, chosen likewise."""
NONE = "no mask"


@dataclass(frozen=True)
class Given:
    """What a masking may look at."""

    frame: Frame
    segmentation: Segmentation
    """By the packaged model, at the manifest's thresholds."""
    roomy: Segmentation
    """The same with `min_static` at SHARE."""
    points: npt.NDArray[np.int64]
    """N x 2 of x, y: the frame's features."""


def features(gray: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    """N x 2 of x, y: where ORB finds a picture's thousand strongest features."""
    points = cv2.ORB_create(1000, fastThreshold=10).detect(gray, None)
    return np.array([point.pt for point in points], np.float64).reshape(-1, 2).round().astype(np.int64)


def kept(points: npt.NDArray[np.int64], mask: Mask) -> int:
    """How many features lie in a mask."""
    return int((mask[points[:, 1], points[:, 0]] > 0).sum())


def _all(given: Given) -> Mask:
    return np.full(given.frame.rgb.shape[:2], 255, np.uint8)


def _static_if_enough(given: Given) -> Mask:
    static = given.segmentation.static
    return static if kept(given.points, static) >= ENOUGH else _all(given)


def _true(given: Given) -> Mask | None:
    return None if given.frame.moving is None else ~given.frame.moving


MASKINGS: dict[str, Callable[[Given], Mask | None]] = {
    NONE: _all,
    "static": lambda given: given.segmentation.static,
    f"static, {ENOUGH} features": _static_if_enough,
    f"static, min_static {SHARE:g}": lambda given: given.roomy.static,
    "not foreground": lambda given: ~given.segmentation.foreground,
    "true": _true,
}
"""By name; None where a frame has no such mask."""
