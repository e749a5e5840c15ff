# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Pure functions from maps of logits to masks and pictures."""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["drop_small", "foreground", "grow", "likeliest", "likelihood", "logit", "overlay", "static"]

Mask = npt.NDArray[np.uint8]
Map = npt.NDArray[np.float32]

TINT = (255, 64, 32)
"""RGB of foreground in the overlay."""
FAINT, STRONG = 0.1, 0.8
"""Share of the tint where a pixel is foreground only just, and where it certainly is."""
OUTLINE = (64, 255, 96)
"""RGB of the static background's outline in the overlay."""


def logit(likelihood: float) -> float:
    """Inverse of the logistic function, of a number strictly between 0 and 1."""
    return math.log(likelihood / (1 - likelihood))


def likelihood(logits: Map) -> Map:
    """Probability of background, 0 to 1, of background logits."""
    # The logistic function by tanh: never overflows, and OpenCV has none.
    probability: Map = 0.5 * np.tanh(0.5 * logits) + np.float32(0.5)
    return probability


def foreground(logits: Map, threshold: float) -> Mask:
    """Mark with 255 where the likelihood is below the threshold, with 0 elsewhere."""
    return np.multiply(logits < logit(threshold), 255, dtype=np.uint8)


def static(logits: Map, threshold: float) -> Mask:
    """Mark with 255 where the likelihood is above the threshold, with 0 elsewhere."""
    return np.multiply(logits > logit(threshold), 255, dtype=np.uint8)


def likeliest(logits: Map, cells: Map, share: float) -> Mask:
    """Mark with 255 the share of the picture where background is the likeliest.

    Args:
        logits: H x W.
        cells: h x w, the logits that those of the picture were interpolated from; among them is the share measured,
            which is as good and much faster.
        share: 0 to 1.
    """
    return np.multiply(logits >= np.quantile(cells, 1 - share), 255, dtype=np.uint8)


def grow(mask: Mask, pixels: int) -> Mask:
    """Grow what is marked with 255 by a number of pixels in every direction; negative: shrink it."""
    if pixels == 0:
        return mask
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * abs(pixels) + 1,) * 2)
    change = cv2.dilate if pixels > 0 else cv2.erode
    return change(mask, disc)  # type: ignore[return-value]


def drop_small(mask: Mask, area: int) -> Mask:
    """Unmark connected patches of fewer than `area` pixels; pixels that touch at a corner are connected."""
    if area <= 1:
        return mask
    _, patches, statistics, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    large = statistics[:, cv2.CC_STAT_AREA] >= area
    large[0] = False  # what is not marked
    kept: Mask = np.multiply(large, 255, dtype=np.uint8)[patches]
    return kept


def overlay(image: npt.NDArray[np.uint8], likelihood: Map, threshold: float, foreground: Mask, static: Mask) -> Mask:
    """Show people both masks on the picture: foreground tinted, static background outlined.

    The tint is the stronger, the less likely background is: at a threshold that misses little, much is foreground
    only just, and should not look like what certainly is.

    Args:
        image: H x W x 3, RGB; not changed.
        likelihood: H x W, of background.
        threshold: the likelihood at which the tint is faintest.
        foreground: H x W, 0 or 255.
        static: H x W, 0 or 255.
    """
    certainty = np.maximum(0, 1 - likelihood / threshold)
    tint = np.where(foreground > 0, FAINT + (STRONG - FAINT) * certainty, 0).astype(np.float32)
    shown = cv2.blendLinear(image, np.full_like(image, TINT), 1 - tint, tint)
    outlines, _ = cv2.findContours(static, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    thickness = max(1, round(image.shape[1] / 320))
    return cv2.drawContours(shown, outlines, -1, OUTLINE, thickness)  # type: ignore[return-value]
