# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Pure functions that turn maps of logits into likelihoods, masks and overlays."""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["drop_small", "foreground", "grow", "likeliest", "likelihood", "logit", "overlay", "static"]

Mask = npt.NDArray[np.uint8]
Map = npt.NDArray[np.float32]

TINT = (255, 64, 32)
"""RGB colour of foreground in the overlay."""
FAINT, STRONG = 0.1, 0.8
"""Opacity of the tint where a pixel is barely foreground, and where it certainly is."""
TINTS = np.round(np.outer(np.arange(256) / 255, TINT)).astype(np.uint8)[None]
"""What the tint adds to a pixel's three values, for each opacity in 255ths."""
OUTLINE = (64, 255, 96)
"""RGB colour of the static background's outline in the overlay."""


def logit(likelihood: float) -> float:
    """Inverse of the logistic function, for a number strictly between 0 and 1."""
    return math.log(likelihood / (1 - likelihood))


def likelihood(logits: Map) -> Map:
    """Probability of background, 0 to 1, from background logits: the logistic function."""
    # OpenCV's exponential takes a third of the time of NumPy's. Where it overflows, the probability is 0.
    odds = cv2.exp(np.negative(logits)).reshape(logits.shape)
    probability: Map = np.reciprocal(1 + odds)
    return probability


def foreground(logits: Map, threshold: float) -> Mask:
    """Mark with 255 where the likelihood is below the threshold, with 0 elsewhere."""
    return np.multiply(logits < logit(threshold), 255, dtype=np.uint8)


def static(logits: Map, threshold: float) -> Mask:
    """Mark with 255 where the likelihood is above the threshold, with 0 elsewhere."""
    return np.multiply(logits > logit(threshold), 255, dtype=np.uint8)


def likeliest(logits: Map, cells: Map, share: float) -> Mask:
    """Mark with 255 the share of the image where background is most likely.

    Args:
        logits: H x W.
        cells: h x w, the coarse logits from which `logits` was interpolated; the share is measured on them, which is
            as accurate and much faster.
        share: share of the image, 0 to 1.
    """
    # In float64, because the quantile is interpolated by a difference, which overflows in float32.
    threshold = np.float32(np.quantile(cells.astype(np.float64), 1 - share))
    return np.multiply(logits >= threshold, 255, dtype=np.uint8)


def grow(mask: Mask, pixels: int) -> Mask:
    """Grow what is marked with 255 by a number of pixels in every direction; a negative number shrinks it."""
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
    large[0] = False  # label 0 is everything that is not marked
    kept: Mask = np.multiply(large, 255, dtype=np.uint8)[patches]
    return kept


def overlay(image: npt.NDArray[np.uint8], likelihood: Map, threshold: float, foreground: Mask, static: Mask) -> Mask:
    """Draw both masks on the image: foreground tinted, static background outlined.

    The tint grows stronger as background becomes less likely. At a threshold that misses little, many pixels are
    barely foreground, and they should not look like those that certainly are.

    Args:
        image: H x W x 3, RGB; not changed.
        likelihood: H x W, probability of background.
        threshold: likelihood at which the tint is weakest.
        foreground: H x W, 0 or 255.
        static: H x W, 0 or 255.
    """
    # In bytes, which takes half the time that it takes in real numbers.
    slope = (FAINT - STRONG) / threshold
    below = np.minimum(likelihood, np.float32(threshold))
    opacity = cv2.convertScaleAbs(below, alpha=255 * slope, beta=255 * STRONG)
    opacities = cv2.merge([cv2.bitwise_and(opacity, foreground)] * 3)
    shown = cv2.add(cv2.multiply(image, 255 - opacities, scale=1 / 255), cv2.LUT(opacities, TINTS))
    outlines, _ = cv2.findContours(static, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    thickness = max(1, round(image.shape[1] / 320))
    return cv2.drawContours(shown, outlines, -1, OUTLINE, thickness)  # type: ignore[return-value]
