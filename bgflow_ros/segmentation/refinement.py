# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Refinement of the masks after the thresholds: margins, small patches, memory over time, the robot's own body."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from bgflow_ros.segmentation import labels, masks
from bgflow_ros.segmentation.errors import ImageError
from bgflow_ros.segmentation.segmenter import Segmentation

__all__ = ["DEPTH_KEEPS", "MAX_GAP", "Refined", "Refinement", "Refiner"]

Mask = npt.NDArray[np.uint8]

DEPTH_KEEPS = ("static", "not_foreground")
"""Masks of `Refined` that static depth may keep."""
MAX_GAP = 0.5
"""Longest pause between two frames, in seconds, across which the masks of earlier frames are remembered."""


@dataclass(frozen=True)
class Refinement:
    """Settings of the refinement; the defaults leave the masks as they are."""

    dilate: int = 0
    """Pixels by which foreground and non-static areas grow; with a negative number foreground shrinks."""
    min_area: int = 0
    """Size in pixels below which a connected patch of foreground is removed."""
    hold: float = 0.0
    """Seconds for which a foreground pixel stays foreground, and for which one must be static to count as static."""
    body: Mask | None = None
    """H x W: not 0 where the camera sees the robot itself, whose pixels are neither foreground nor static."""

    def check_size(self, width: int, height: int) -> None:
        """Check that the robot's body, if any, has the size of an image.

        Raises:
            ImageError: the body has another size.
        """
        if self.body is not None and self.body.shape != (height, width):
            raise ImageError(
                "ignore_image of another size",
                f"the image is {width}x{height}, ignore_image {self.body.shape[1]}x{self.body.shape[0]}; "
                "expected the camera's size",
            )

    def covered(self) -> float:
        """Share of the view that the robot's body covers, 0 to 1."""
        return 0.0 if self.body is None else np.count_nonzero(self.body) / self.body.size


class Memory:
    """Time at which each pixel was last marked."""

    def __init__(self) -> None:
        self._time = 0.0
        self._last = np.empty((0, 0), np.float64)

    def __call__(self, mask: Mask, time: float, seconds: float) -> Mask:
        """Mark with 255 every pixel that is marked now or was within the last seconds.

        Nothing is remembered across a jump back in time, a gap of more than MAX_GAP or a change of the size.
        """
        if mask.shape != self._last.shape or not 0 <= time - self._time <= MAX_GAP:
            self._last = np.full(mask.shape, -np.inf)
        self._time = time
        self._last[mask > 0] = time
        return np.multiply(self._last >= time - seconds, 255, dtype=np.uint8)


class Refiner:
    """Refines the masks of one camera's images, in the order in which the images were taken."""

    def __init__(self) -> None:
        self.refinement = Refinement()
        """Settings, which another thread may replace; they apply from the next image on."""
        self.reset()

    def reset(self) -> None:
        """Forget what `hold` remembers."""
        self.foreground_memory, self.other_memory = Memory(), Memory()

    def __call__(self, segmentation: Segmentation, time: float) -> Refined:
        """Refine the masks of one image.

        Args:
            segmentation: result for the image.
            time: time at which the image was taken, in seconds.

        Raises:
            ImageError: the image and the robot's body have different sizes.
        """
        height, width = segmentation.image.shape[:2]
        self.refinement.check_size(width, height)
        return Refined(segmentation, self, time)


class Refined:
    """A Segmentation with refined masks; each is computed when it is first accessed."""

    def __init__(self, segmentation: Segmentation, refiner: Refiner, time: float) -> None:
        self.segmentation, self._time = segmentation, time
        # Copied now, because settings that change later apply to the next image.
        self._refinement = refiner.refinement
        self._foreground_memory, self._other_memory = refiner.foreground_memory, refiner.other_memory

    @property
    def likelihood(self) -> npt.NDArray[np.float32]:
        """H x W: probability of background, 0 to 1."""
        return self.segmentation.likelihood

    @cached_property
    def foreground(self) -> Mask:
        """H x W: 255 where a pixel is foreground, else 0."""
        how = self._refinement
        mask = masks.grow(masks.drop_small(self.segmentation.foreground, how.min_area), how.dilate)
        if how.hold > 0:
            mask = self._foreground_memory(mask, self._time, how.hold)
        return self._with_body(mask, 0)

    @cached_property
    def ignore(self) -> Mask:
        """H x W: complement of `static`, 255 where a pixel should not be used."""
        how = self._refinement
        # A margin around foreground is not static either, and shrinking foreground makes nothing static.
        mask = masks.grow(self.segmentation.ignore, max(0, how.dilate))
        if how.hold > 0:
            mask = self._other_memory(mask, self._time, how.hold)
        return self._with_body(mask, 255)

    @cached_property
    def static(self) -> Mask:
        """H x W: 255 where background is surely static, else 0."""
        return ~self.ignore

    @cached_property
    def not_foreground(self) -> Mask:
        """H x W: 255 where a pixel is neither foreground nor the robot itself, else 0."""
        return self._with_body(~self.foreground, 0)

    @cached_property
    def labels(self) -> Mask:
        """H x W: class of each pixel, see `labels.labels`."""
        return self._with_body(labels.labels(self.foreground), labels.UNLABELLED)

    @cached_property
    def confidence(self) -> Mask:
        """H x W: probability of each pixel's label, 0 to 255, see `labels.confidence`."""
        return labels.confidence(self.likelihood, self.labels)

    @cached_property
    def overlay(self) -> npt.NDArray[np.uint8]:
        """H x W x 3, RGB: foreground tinted, more strongly where it is more certain, and static background outlined."""
        return self.segmentation.draw(self.foreground, self.static)

    def _with_body(self, mask: Mask, value: int) -> Mask:
        """Give the pixels at which the camera sees the robot itself a value."""
        body = self._refinement.body
        return mask if body is None else np.where(body == 0, mask, np.uint8(value))
