# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The paper's augmentation: flipping, rescaling, brightness and contrast (IV-A), then cropping to one size."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np

from bgflow_ros.segmentation.letterbox import FILL
from bgflow_train.data import VOID, IndexedDataset, Sample

__all__ = ["CONSTANTS", "AugmentedDataset", "augment", "canvas_scale"]

RESCALE = (0.75, 1.5)
"""Range of factors on the size of the image; the paper gives none."""
BRIGHTNESS = 32.0
"""Largest change in grey levels."""
CONTRAST = (0.75, 1.33)
"""Range of factors on the distance from the image's mean."""
CONSTANTS = {"rescale": list(RESCALE), "brightness": BRIGHTNESS, "contrast": list(CONTRAST)}
"""Constants of the code that augmented images depend on."""


def augment(sample: Sample, scale: float, width: int, height: int, rng: np.random.Generator) -> Sample:
    """Draw a random variant of an image and its labels.

    Args:
        sample: The image; its mask may hold any labels.
        scale: Scale from the image to the network's canvas, before rescaling.
        width: Width of the crop in pixels; grey and void fill it where the image is smaller.
        height: Height of the crop in pixels.
        rng: Source of all random choices.
    """
    factor = scale * float(np.exp(rng.uniform(*np.log(RESCALE))))
    size = [max(1, round(side * factor)) for side in sample.mask.shape[::-1]]
    rgb = cv2.resize(sample.rgb, size, interpolation=cv2.INTER_AREA if factor < 0.5 else cv2.INTER_LINEAR)
    mask = cv2.resize(sample.mask, size, interpolation=cv2.INTER_NEAREST)
    if rng.random() < 0.5:
        rgb, mask = rgb[:, ::-1], mask[:, ::-1]
    x, y = (int(rng.integers(0, max(0, have - want) + 1)) for have, want in zip(size, (width, height), strict=True))
    rgb, mask = rgb[y : y + height, x : x + width], mask[y : y + height, x : x + width]
    mean = rgb.mean()
    lit = (rgb - mean) * rng.uniform(*CONTRAST) + mean + rng.uniform(-BRIGHTNESS, BRIGHTNESS)
    cut = np.full((height, width, 3), FILL, np.uint8)
    labels = np.full((height, width), VOID, np.uint8)
    cut[: rgb.shape[0], : rgb.shape[1]] = np.clip(lit, 0, 255)
    labels[: mask.shape[0], : mask.shape[1]] = mask
    return Sample(cut, labels, sample.id)


def canvas_scale(sample: Sample, width: int, height: int) -> float:
    """Compute the scale by which the letterbox fits an image into a canvas of this width and height."""
    return float(min(width / sample.mask.shape[1], height / sample.mask.shape[0]))


class AugmentedDataset(IndexedDataset):
    """Data set with each sample unchanged, followed by random variants of it.

    Args:
        dataset: The data set to augment.
        variants: Number of variants per sample.
        width: Width of the network's canvas and of every variant, in pixels.
        height: Height of the same, in pixels.
        seed: Seed of all variants.
    """

    def __init__(self, dataset: IndexedDataset, variants: int, width: int, height: int, seed: int) -> None:
        endings = ["", *(f"+{variant}" for variant in range(1, variants + 1))]
        super().__init__(dataset.name, [id + ending for id in dataset.ids for ending in endings])
        self.dataset, self.copies, self.size, self.seed = dataset, len(endings), (width, height), seed

    def __getitem__(self, index: int) -> Sample:
        place, variant = divmod(index, self.copies)
        sample = self.dataset[place]
        if variant == 0:
            return sample
        rng = np.random.default_rng([self.seed, place, variant])
        return augment(sample, canvas_scale(sample, *self.size), *self.size, rng)._replace(id=self.ids[index])

    def _content(self, index: int) -> Iterable[bytes]:
        place, variant = divmod(index, self.copies)
        yield from self.dataset._content(place)
        yield repr((variant, self.size, self.seed)).encode()
