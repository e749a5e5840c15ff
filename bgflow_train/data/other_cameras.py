# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Data sets as seen by other cameras: without colour, through a fisheye lens, in the dark, out of focus."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import cv2
import numpy as np
import numpy.typing as npt

from bgflow_train.data.base import VOID, IndexedDataset, Sample

__all__ = ["CAMERAS", "OtherCamera"]

Image = npt.NDArray[np.uint8]

BEND = 0.9
"""Half of the horizontal field of view, in radians, that the fisheye assumes for the original image."""
DARK, NOISE = 0.12, 4.0
"""Share of the light that remains, and standard deviation of the sensor noise in grey levels."""
BLUR = 1 / 160
"""Standard deviation of the blur, in image widths."""


def _grey(rgb: Image, mask: Image) -> tuple[Image, Image]:
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    return np.repeat(grey[..., None], 3, 2), mask


def _fisheye(rgb: Image, mask: Image) -> tuple[Image, Image]:
    """Project a rectilinear image equidistantly; outside of it the result is black and void."""
    height, width = mask.shape
    straight = width / 2 / np.tan(BEND)
    bent = width / 2 / BEND
    x, y = np.meshgrid(np.arange(width) - (width - 1) / 2, np.arange(height) - (height - 1) / 2)
    radius = np.hypot(x, y)
    angle = np.minimum(radius / bent, 1.5)
    factor = straight * np.tan(angle) / np.maximum(radius, 1e-6)
    maps = [(axis * factor + (side - 1) / 2).astype(np.float32) for axis, side in ((x, width), (y, height))]
    seen = cv2.remap(rgb, maps[0], maps[1], cv2.INTER_LINEAR, borderValue=(0, 0, 0))
    labels = cv2.remap(mask, maps[0], maps[1], cv2.INTER_NEAREST, borderValue=(VOID,))
    return np.asarray(seen, np.uint8), np.asarray(labels, np.uint8)


def _dark(rgb: Image, mask: Image) -> tuple[Image, Image]:
    # The share of the light applies before the camera's gamma. The noise is the same in every run.
    light = (rgb / 255) ** 2.2 * DARK
    noise = np.random.default_rng(0).normal(0, NOISE, rgb.shape)
    return np.clip(255 * light ** (1 / 2.2) + noise, 0, 255).astype(np.uint8), mask


def _blurred(rgb: Image, mask: Image) -> tuple[Image, Image]:
    return np.asarray(cv2.GaussianBlur(rgb, (0, 0), BLUR * rgb.shape[1]), np.uint8), mask


CAMERAS: dict[str, Callable[[Image, Image], tuple[Image, Image]]] = {
    "grey": _grey,
    "fisheye": _fisheye,
    "dark": _dark,
    "blurred": _blurred,
}


class OtherCamera(IndexedDataset):
    """Data set with each sample as seen by another camera.

    Args:
        dataset: The data set to change.
        camera: A key of CAMERAS.
    """

    def __init__(self, dataset: IndexedDataset, camera: str) -> None:
        super().__init__(f"{dataset.name}, {camera}", dataset.ids)
        self.dataset, self.camera = dataset, camera

    def __getitem__(self, index: int) -> Sample:
        rgb, mask, id = self.dataset[index]
        return Sample(*CAMERAS[self.camera](rgb, mask), id)

    def _content(self, index: int) -> Iterable[bytes]:
        yield self.camera.encode()
        yield from self.dataset._content(index)
