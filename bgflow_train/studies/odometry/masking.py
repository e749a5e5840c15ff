# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Ways to say which pixels odometry may use: nothing, the node's masks, remedies where they leave too little, truth."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from bgflow_ros.segmentation.segmenter import Segmentation
from bgflow_train.studies.odometry.drive import Frame

__all__ = ["CANDIDATES", "MASKINGS", "NONE", "Given", "Make", "Masking", "features", "kept"]

Mask = npt.NDArray[np.uint8]
Points = npt.NDArray[np.int64]
"""N x 2: x, y of features in pixels."""

NONE = "no mask"


@dataclass(frozen=True)
class Given:
    """What a masking may look at."""

    frame: Frame
    segmentation: Segmentation
    """By the model, at the manifest's thresholds."""
    points: Points
    """The frame's features."""


Make = Callable[[Given], Mask | None]
"""Gives H x W, 255 where odometry may look; None where a frame has no such mask."""


@dataclass(frozen=True)
class Masking:
    """A way to mask."""

    make: Make
    verified: bool = False
    """Whether the odometry uses everything unless that contradicts what lies in the mask (a remedy in the consumer)."""


def features(gray: Mask) -> Points:
    """Where ORB finds a picture's thousand strongest features."""
    points = cv2.ORB.create(1000, fastThreshold=10).detect(gray, None)
    return np.array([point.pt for point in points], np.float64).reshape(-1, 2).round().astype(np.int64)


def kept(points: Points, mask: Mask) -> int:
    """How many features lie in a mask."""
    return int((mask[points[:, 1], points[:, 0]] > 0).sum())


def no_mask(given: Given) -> Mask:
    """Every pixel."""
    return np.full(given.frame.rgb.shape[:2], 255, np.uint8)


def static(given: Given) -> Mask:
    """The node's static mask as it comes."""
    return given.segmentation.static


def enough(count: int) -> Make:
    """Remedy of a consumer: no mask for a frame of which the static mask would keep fewer features."""
    return lambda given: static(given) if kept(given.points, static(given)) >= count else no_mask(given)


def share_of_pixels(share: float) -> Make:
    """Remedy in the node: a static mask with `min_static`."""
    return lambda given: given.segmentation.static_with(share)


def share_of_features(share: float) -> Make:
    """Remedy of a consumer: the static mask, and the likeliest features where it keeps less than a share of them."""

    def mask(given: Given) -> Mask:
        logit = given.segmentation.logit
        at = logit[given.points[:, 1], given.points[:, 0]]
        threshold = np.quantile(at, 1 - share) if at.size else -np.inf
        return static(given) | np.multiply(logit >= threshold, 255, dtype=np.uint8)

    return mask


def not_foreground(given: Given) -> Mask:
    """Everything but the node's foreground."""
    return ~given.segmentation.foreground


def true(given: Given) -> Mask | None:
    """Everything but what moves."""
    return None if given.frame.moving is None else ~given.frame.moving


SHARES = (0.5, 0.6, 0.7, 0.8, 0.9)
CANDIDATES: Mapping[str, Masking] = {
    NONE: Masking(no_mask),
    "not foreground": Masking(not_foreground),
    **{f"static, {count} features": Masking(enough(count)) for count in (50, 100)},
    **{f"min_static {share:g}": Masking(share_of_pixels(share)) for share in SHARES},
    **{f"min_static {share:g}, verified": Masking(share_of_pixels(share), True) for share in SHARES},
    **{f"likeliest {share:g} of the features": Masking(share_of_features(share)) for share in SHARES},
    **{f"likeliest {share:g}, verified": Masking(share_of_features(share), True) for share in SHARES},
    "true": Masking(true),
}
"""Remedies with numbers to choose from, by name."""
MASKINGS: Mapping[str, Masking] = {
    NONE: Masking(no_mask),
    "static": Masking(static),
    **{name: CANDIDATES[name] for name in ("min_static 0.7", "min_static 0.7, verified", "likeliest 0.7, verified")},
    "true": Masking(true),
}
"""What is reported; the numbers were chosen among the candidates, on drives of other rooms."""
