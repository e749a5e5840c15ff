# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Accuracy near the borders between background and foreground."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from bgflow_train.data import BACKGROUND, FOREGROUND
from bgflow_train.evaluation.mask_counts import MaskCounts
from bgflow_train.evaluation.metrics import measure

__all__ = ["near_border", "quality"]

WIDTH = 0.01
"""Width of the band on either side of a border, in image widths."""


def near_border(mask: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """Find the pixels close to a border between background and foreground.

    A pixel is close to a border if both classes lie within reach. A border may therefore be covered by a thin seam of
    void, while void beside a single class makes no border.

    Args:
        mask: The labels, H x W of BACKGROUND, FOREGROUND and VOID.

    Returns:
        H x W; void pixels may be included.
    """
    # The border lies half a pixel before the first pixel of the other class.
    reach = WIDTH * mask.shape[1] + 0.5
    distances = [
        cv2.distanceTransform((mask != label).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        for label in (BACKGROUND, FOREGROUND)
    ]
    return np.asarray(np.maximum(*distances) <= reach)


def quality(logits: npt.NDArray[np.int64], masks: MaskCounts) -> dict[str, float | None]:
    """Summarize the accuracy on a part of the pixels.

    Args:
        logits: Histograms of the background logit, images x 2 x bins.
        masks: Mask counts of the same pixels.

    Returns:
        `auroc`, None without pixels of both classes, and `wrong`, the error of the foreground mask, None without
        labelled pixels.
    """
    both = masks.foreground.any() and masks.background.any()
    return {"auroc": measure(logits.sum(0)).auroc if both else None, "wrong": masks.error()}
