# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Segmentation of one image into background and foreground, without ROS."""

from __future__ import annotations

from functools import cached_property

import cv2
import numpy as np
import numpy.typing as npt

from bgflow_ros.segmentation import masks
from bgflow_ros.segmentation.letterbox import Content, cells_within, letterbox, upsample
from bgflow_ros.segmentation.model import DEFAULT_MODEL, Model
from bgflow_ros.segmentation.runtime import Runtime

__all__ = ["FEATURELESS_CAUSES", "Segmentation", "Segmenter"]

FEATURELESS_CAUSES = "is the lens covered, the room dark, or the camera too close to a wall?"
"""Question to the user about featureless images."""


class Segmentation:
    """Result for one image; each map is computed at the image's size when it is first accessed."""

    def __init__(
        self, image: npt.NDArray[np.uint8], grid: npt.NDArray[np.float32], content: Content, segmenter: Segmenter
    ) -> None:
        self.image = image
        self._grid, self._content, self._stride = grid, content, segmenter.model.stride
        # Copied now, because thresholds that change later apply to the next image.
        self._foreground_threshold, self._static_threshold = segmenter.thresholds
        self._min_static = segmenter.min_static
        self.min_contrast = segmenter.model.min_contrast
        """Lowest contrast of images that show a room; None where the model does not state it."""

    @cached_property
    def logit(self) -> npt.NDArray[np.float32]:
        """H x W: background logits, positive where background is more likely than foreground."""
        height, width = self.image.shape[:2]
        return upsample(self._grid, self._content, self._stride, width, height)

    @cached_property
    def likelihood(self) -> npt.NDArray[np.float32]:
        """H x W: probability of background, 0 to 1."""
        return masks.likelihood(self.logit)

    @cached_property
    def foreground(self) -> npt.NDArray[np.uint8]:
        """H x W: 255 where the likelihood is below the foreground threshold, else 0."""
        return masks.foreground(self.logit, self._foreground_threshold)

    @cached_property
    def static(self) -> npt.NDArray[np.uint8]:
        """H x W: 255 where the likelihood is above the static threshold, else 0; at least `min_static` of the image."""
        return self.static_with(self._min_static)

    def static_with(self, share: float) -> npt.NDArray[np.uint8]:
        """Compute the static mask, filled up with the most likely pixels to a share (0 to 1) of the image; H x W."""
        static = masks.static(self.logit, self._static_threshold)
        if share > 0:
            cells = cells_within(self._grid, self._content, self._stride)
            static |= masks.likeliest(self.logit, cells, share)
        return static

    @cached_property
    def not_foreground(self) -> npt.NDArray[np.uint8]:
        """H x W: complement of `foreground`, 255 where a pixel is not foreground."""
        return ~self.foreground

    @cached_property
    def ignore(self) -> npt.NDArray[np.uint8]:
        """H x W: complement of `static`, 255 where a pixel should not be used."""
        return ~self.static

    @cached_property
    def contrast(self) -> float:
        """Standard deviation of the logit over the image (RMS contrast), which says how much the model tells apart."""
        return float(cv2.meanStdDev(cells_within(self._grid, self._content, self._stride))[1].item())

    @property
    def featureless(self) -> bool:
        """True where the image has less contrast than a room, as with a covered lens; False if the bound is unknown."""
        return self.min_contrast is not None and self.contrast < self.min_contrast

    @cached_property
    def overlay(self) -> npt.NDArray[np.uint8]:
        """H x W x 3, RGB: foreground tinted, more strongly where it is more certain, and static background outlined."""
        return self.draw(self.foreground, self.static)

    def draw(self, foreground: npt.NDArray[np.uint8], static: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """Draw the overlay with other masks, both H x W."""
        return masks.overlay(self.image, self.likelihood, self._foreground_threshold, foreground, static)


class Segmenter:
    """A loaded model that segments images of any size, one at a time.

        segmenter = Segmenter(Model.load())
        mask = segmenter(image).foreground

    Args:
        model: the model to run; the packaged default model where None.
        device: auto, cpu, cuda or tensorrt.
        threads: CPU threads; 0 takes half the cores for int8 where that is fast enough, else all (`Runtime`).
        precision: auto, float32, float16 or int8.

    Raises:
        DeviceError, ModelError: see `Runtime`.
    """

    def __init__(
        self, model: Model | None = None, device: str = "auto", threads: int = 0, precision: str = "auto"
    ) -> None:
        self.model = Model.load(DEFAULT_MODEL) if model is None else model
        self.runtime = Runtime(self.model, device, threads, precision)
        self.thresholds = self.model.foreground_threshold, self.model.static_threshold
        """Likelihoods below which a pixel is foreground and above which it is static. They are one attribute, so that
        another thread can change both at once."""
        self.min_static = 0.0
        """Smallest share of the image, 0 to 1, that the static mask covers, the most likely pixels first. A share above
        0 gives up what the static threshold guarantees, and such pixels may be foreground as well."""

    def __call__(self, image: npt.NDArray[np.uint8]) -> Segmentation:
        """Segment one image.

        Args:
            image: H x W x 3, uint8, RGB, of any size except zero.

        Raises:
            ValueError: the array has another shape or type.
        """
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or image.size == 0:
            raise ValueError(f"the image is {image.shape} {image.dtype}; expected H x W x 3 of uint8, RGB, not empty")
        content = letterbox(image, self.runtime.canvas)
        return Segmentation(image, self.runtime(self.runtime.canvas), content, self)
