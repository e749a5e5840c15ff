# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The paper's augmentation: flipping, rescaling, brightness and contrast (IV-A), cut to one size."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np

from bgflow_ros.segmentation.letterbox import FILL
from bgflow_train.data import VOID, IndexedDataset, Sample

__all__ = ["CONSTANTS", "AugmentedDataset", "augment", "canvas_scale"]

RESCALE = (0.75, 1.5)
"""Factors on the picture's size; the paper gives none."""
BRIGHTNESS = 32.0
"""Grey levels added or taken at most."""
CONTRAST = (0.75, 1.33)
"""Factors on the distance from the picture's mean."""
CONSTANTS = {"rescale": list(RESCALE), "brightness": BRIGHTNESS, "contrast": list(CONTRAST)}
"""What the code fixes and augmented pictures depend on."""


def augment(sample: Sample, scale: float, width: int, height: int, rng: np.random.Generator) -> Sample:
    """Draw one variant of a picture and its labels.

    Args:
        sample: the mask may hold any labels.
        scale: from the picture to the canvas that the network sees, before rescaling.
        width: of the cut, in pixels; where the picture is smaller, grey and void fill it.
        height: of the cut, in pixels.
        rng: decides everything.
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
    """Factor that fits a picture into a canvas, as the letterbox does."""
    return float(min(width / sample.mask.shape[1], height / sample.mask.shape[0]))


class AugmentedDataset(IndexedDataset):
    """Each sample of a data set as it is, then variants of it.

    Args:
        dataset: to augment.
        variants: of each sample.
        width: of the canvas that the network sees, and of every variant.
        height: of the same.
        seed: of all variants.
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
