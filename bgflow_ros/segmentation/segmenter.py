# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""From a picture to masks, without ROS."""

from __future__ import annotations

from functools import cached_property

import cv2
import numpy as np
import numpy.typing as npt

from bgflow_ros.segmentation import masks
from bgflow_ros.segmentation.letterbox import Content, cells_within, letterbox, upsample
from bgflow_ros.segmentation.model import DEFAULT_MODEL, Model
from bgflow_ros.segmentation.runtime import Runtime

__all__ = ["Segmentation", "Segmenter"]


class Segmentation:
    """What one picture was found to be; each map is computed when it is first asked for, at the picture's size."""

    def __init__(
        self, image: npt.NDArray[np.uint8], grid: npt.NDArray[np.float32], content: Content, segmenter: Segmenter
    ) -> None:
        self.image = image
        self._grid, self._content, self._stride = grid, content, segmenter.model.stride
        # Taken now: thresholds that change later are the next picture's.
        self._foreground_threshold, self._static_threshold = segmenter.thresholds
        self._min_static = segmenter.min_static
        self.min_contrast = segmenter.model.min_contrast
        """Contrast that images of rooms have at least; None where the model does not say."""

    @cached_property
    def logit(self) -> npt.NDArray[np.float32]:
        """H x W: background logits, positive where background is the likelier."""
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
        """H x W: 255 where the likelihood is above the static threshold, else 0, with `min_static` of the picture."""
        return self.static_with(self._min_static)

    def static_with(self, share: float) -> npt.NDArray[np.uint8]:
        """The static mask, and the likeliest pixels where that is less than a share (0 to 1) of the picture; H x W."""
        static = masks.static(self.logit, self._static_threshold)
        if share > 0:
            cells = cells_within(self._grid, self._content, self._stride)
            static |= masks.likeliest(self.logit, cells, share)
        return static

    @cached_property
    def ignore(self) -> npt.NDArray[np.uint8]:
        """H x W: complement of `static`."""
        return ~self.static

    @cached_property
    def contrast(self) -> float:
        """Standard deviation of the logit over the image's cells (RMS contrast): how much is told apart in it."""
        return float(cv2.meanStdDev(cells_within(self._grid, self._content, self._stride))[1].item())

    @property
    def featureless(self) -> bool:
        """Whether the contrast is less than that of any image of a room, as with a covered lens; see `min_contrast`."""
        return self.min_contrast is not None and self.contrast < self.min_contrast

    @cached_property
    def overlay(self) -> npt.NDArray[np.uint8]:
        """H x W x 3, RGB: foreground tinted, the stronger the surer, and static background outlined."""
        return self.draw(self.foreground, self.static)

    def draw(self, foreground: npt.NDArray[np.uint8], static: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """Overlay these masks, H x W, instead of the own ones."""
        return masks.overlay(self.image, self.likelihood, self._foreground_threshold, foreground, static)


class Segmenter:
    """A model ready to segment pictures of any size, one at a time.

        segmenter = Segmenter(Model.load())
        mask = segmenter(image).foreground

    Args:
        model: what `Model.load` gives.
        device: auto, cpu, cuda or tensorrt.
        threads: CPU threads; 0: half the cores for int8, else all.
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
        """Likelihoods below which a pixel is foreground and above which it is static. One attribute, so that a thread
        that changes both is never seen half way."""
        self.min_static = 0.0
        """Share of the picture that the static mask holds at least, the likeliest pixels first. More than 0 gives up
        what the static threshold guarantees, and such pixels may be foreground as well."""

    def __call__(self, image: npt.NDArray[np.uint8]) -> Segmentation:
        """Segment one picture.

        Args:
            image: H x W x 3, uint8, RGB, of any size but zero.

        Raises:
            ValueError: the array is something else.
        """
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or image.size == 0:
            raise ValueError(f"the picture is {image.shape} {image.dtype}; expected H x W x 3 of uint8, RGB, not empty")
        content = letterbox(image, self.runtime.canvas)
        return Segmentation(image, self.runtime(self.runtime.canvas), content, self)
