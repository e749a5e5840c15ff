# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Pure functions from maps of logits to masks and pictures."""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["foreground", "likelihood", "logit", "overlay", "static"]

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


def overlay(image: npt.NDArray[np.uint8], likelihood: Map, threshold: float, static: Mask) -> npt.NDArray[np.uint8]:
    """Show people both masks on the picture: foreground tinted, static background outlined.

    The tint is the stronger, the less likely background is: at a threshold that misses little, much is foreground
    only just, and should not look like what certainly is.

    Args:
        image: H x W x 3, RGB; not changed.
        likelihood: H x W, of background.
        threshold: below which a pixel is foreground.
        static: H x W, 0 or 255.
    """
    certainty = 1 - likelihood / threshold
    tint = np.where(certainty > 0, FAINT + (STRONG - FAINT) * certainty, 0).astype(np.float32)
    shown = cv2.blendLinear(image, np.full_like(image, TINT), 1 - tint, tint)
    outlines, _ = cv2.findContours(static, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    thickness = max(1, round(image.shape[1] / 320))
    return cv2.drawContours(shown, outlines, -1, OUTLINE, thickness)  # type: ignore[return-value]
