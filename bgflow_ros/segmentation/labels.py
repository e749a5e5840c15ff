# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""One class for each pixel and how sure it is, as semantic costmaps read them (`vision_msgs/LabelInfo`)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["BACKGROUND", "FOREGROUND", "NAMES", "UNLABELLED", "confidence", "labels"]

Mask = npt.NDArray[np.uint8]

BACKGROUND, FOREGROUND = 1, 2
UNLABELLED = 255
"""What `vision_msgs/LabelInfo` reserves in labels of 8 bits."""
NAMES = {BACKGROUND: "background", FOREGROUND: "foreground"}


def labels(foreground: Mask) -> Mask:
    """Label each pixel of a mask, H x W, 0 or 255."""
    return np.where(foreground > 0, np.uint8(FOREGROUND), np.uint8(BACKGROUND))


def confidence(likelihood: npt.NDArray[np.float32], labels: Mask) -> Mask:
    """Scale the probability of each pixel's label to 0 to 255: 127 at even odds, 0 without a label.

    It is below 127 where a threshold above 0.5 makes foreground of what is more likely background.

    Args:
        likelihood: H x W, probability of background, 0 to 1.
        labels: H x W, FOREGROUND, BACKGROUND or UNLABELLED.
    """
    certain = np.where(labels == FOREGROUND, 1 - likelihood, likelihood)
    scaled: Mask = np.multiply(certain, np.float32(255)).astype(np.uint8)
    scaled[labels == UNLABELLED] = 0
    return scaled
