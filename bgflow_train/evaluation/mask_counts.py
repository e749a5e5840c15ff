# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Counts of labelled pixels inside and outside of the published masks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bgflow_ros.segmentation.segmenter import Segmentation
from bgflow_train.data import BACKGROUND, FOREGROUND

__all__ = ["MaskCounts"]

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class MaskCounts:
    """Pixels by label and mask. Every field has the shape (images,)."""

    foreground: Counts
    """Pixels that are labelled foreground."""
    background: Counts
    """Pixels that are labelled background."""
    foreground_missed: Counts
    """Foreground outside the foreground mask."""
    foreground_taken_for_static: Counts
    """Foreground inside the static mask."""
    background_taken_for_foreground: Counts
    """Background inside the foreground mask."""
    background_found_static: Counts
    """Background inside the static mask."""

    @staticmethod
    def of_image(segmentation: Segmentation, mask: npt.NDArray[np.uint8]) -> Counts:
        """Count one image's pixels.

        Args:
            segmentation: The masks that the model makes of the image.
            mask: The labels, H x W of BACKGROUND, FOREGROUND and VOID.

        Returns:
            One number for each field, in the order of the fields.
        """
        foreground, background = mask == FOREGROUND, mask == BACKGROUND
        chosen = (
            foreground,
            background,
            foreground & (segmentation.foreground == 0),
            foreground & (segmentation.static != 0),
            background & (segmentation.foreground != 0),
            background & (segmentation.static != 0),
        )
        return np.array([pixels.sum() for pixels in chosen], np.int64)

    @classmethod
    def of_images(cls, images: Counts) -> MaskCounts:
        """Collect what `of_image` returned for several images, images x fields."""
        return cls(*images.T)

    def __sub__(self, part: MaskCounts) -> MaskCounts:
        """Counts of the pixels that are not in `part`, which has counted some pixels of the same images."""
        return MaskCounts(*(all - some for all, some in zip(vars(self).values(), vars(part).values(), strict=True)))

    def shares(self) -> dict[str, float]:
        """Shares of all images' foreground and background pixels, under the names of the fields."""
        foreground, background = max(1, self.foreground.sum()), max(1, self.background.sum())
        return {
            "foreground_missed": float(self.foreground_missed.sum() / foreground),
            "background_taken_for_foreground": float(self.background_taken_for_foreground.sum() / background),
            "foreground_taken_for_static": float(self.foreground_taken_for_static.sum() / foreground),
            "background_found_static": float(self.background_found_static.sum() / background),
        }

    def error(self) -> float | None:
        """Share of all images' labelled pixels on the wrong side of the foreground mask; None without such pixels."""
        pixels = self.foreground.sum() + self.background.sum()
        wrong = self.foreground_missed.sum() + self.background_taken_for_foreground.sum()
        return float(wrong / pixels) if pixels else None
