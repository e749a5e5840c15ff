# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Segmenters of `bgflow segment`, which count what the model is unsure of."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bgflow_ros.segmentation.segmenter import FEATURELESS_CAUSES, Segmentation, Segmenter

__all__ = ["CountingSegmenter", "tell"]


class CountingSegmenter(Segmenter):
    """Segmenter that counts images, and those of which the model is unsure."""

    images = featureless = 0

    def __call__(self, image: npt.NDArray[np.uint8]) -> Segmentation:
        """Segment one image."""
        segmentation = super().__call__(image)
        self.images += 1
        self.featureless += segmentation.featureless
        return segmentation


def tell(segmenters: Sequence[CountingSegmenter]) -> None:
    """Report the number of images of which the model was unsure, if any."""
    if featureless := sum(segmenter.featureless for segmenter in segmenters):
        print(
            f"bgflow segment: the model is unsure of {featureless} of {sum(one.images for one in segmenters)} images "
            f"(contrast below {segmenters[0].model.min_contrast:.2f}): {FEATURELESS_CAUSES}",
            file=sys.stderr,
        )
