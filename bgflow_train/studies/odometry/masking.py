# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Masks of the pixels that odometry may use: all, the node's masks, remedies where these leave too few, the truth."""

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
"""Positions x, y of features in pixels, N x 2."""

NONE = "no mask"


@dataclass(frozen=True)
class Given:
    """Input of a masking."""

    frame: Frame
    segmentation: Segmentation
    """Segmentation by the model, at the thresholds of the manifest."""
    points: Points
    """Features of the frame."""


Make = Callable[[Given], Mask | None]
"""Function that makes a mask, H x W, 255 where odometry may look; None where a frame has no such mask."""


@dataclass(frozen=True)
class Masking:
    """Way to mask frames."""

    make: Make
    verified: bool = False
    """The odometry uses all pixels unless these contradict those in the mask (a remedy in the consumer)."""


def features(gray: Mask) -> Points:
    """Find the thousand strongest ORB features of an image."""
    points = cv2.ORB.create(1000, fastThreshold=10).detect(gray, None)
    return np.array([point.pt for point in points], np.float64).reshape(-1, 2).round().astype(np.int64)


def kept(points: Points, mask: Mask) -> int:
    """Count the features that lie in a mask."""
    return int((mask[points[:, 1], points[:, 0]] > 0).sum())


def no_mask(given: Given) -> Mask:
    """Use every pixel."""
    return np.full(given.frame.rgb.shape[:2], 255, np.uint8)


def static(given: Given) -> Mask:
    """Use the node's static mask."""
    return given.segmentation.static


def enough(count: int) -> Make:
    """Make a remedy of a consumer: no mask for a frame in which the static mask would keep fewer features."""
    return lambda given: static(given) if kept(given.points, static(given)) >= count else no_mask(given)


def share_of_pixels(share: float) -> Make:
    """Make a remedy in the node: a static mask with `min_static`."""
    return lambda given: given.segmentation.static_with(share)


def share_of_features(share: float) -> Make:
    """Make a remedy of a consumer: the static mask, with the likeliest features if it keeps less than this share."""

    def mask(given: Given) -> Mask:
        logit = given.segmentation.logit
        at = logit[given.points[:, 1], given.points[:, 0]]
        threshold = np.quantile(at, 1 - share) if at.size else -np.inf
        return static(given) | np.multiply(logit >= threshold, 255, dtype=np.uint8)

    return mask


def not_foreground(given: Given) -> Mask:
    """Use everything except the node's foreground."""
    return ~given.segmentation.foreground


def true(given: Given) -> Mask | None:
    """Use everything except what truly moves."""
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
"""Candidate remedies with different settings, by name."""
MASKINGS: Mapping[str, Masking] = {
    NONE: Masking(no_mask),
    "static": Masking(static),
    "not foreground": CANDIDATES["not foreground"],
    **{name: CANDIDATES[name] for name in ("min_static 0.7", "min_static 0.7, verified", "likeliest 0.7, verified")},
    "true": Masking(true),
}
"""Maskings that are reported; their settings were chosen among the candidates, on drives of other rooms."""
