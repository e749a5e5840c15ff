# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Views that show no room, or hardly any of it: darkness, a covered lens, a surface that fills the image."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

from bgflow_train.data.base import BACKGROUND, Sample

__all__ = ["VIEWS"]

Image = npt.NDArray[np.uint8]
Light = npt.NDArray[np.floating]

GAMMA = 2.2
NOISE = 2.0
"""Standard deviation of the sensor noise, in grey levels."""
PLASTER = (215, 210, 200)
HAND = (110, 55, 40)
"""Mean colours of objects near the lens, RGB."""
SHARE = 4
"""Ratio of the image's size to that of the window that is magnified to a view of one surface."""
BARS = [(r, g, b) for g in (255, 0) for r in (255, 0) for b in (255, 0)]


def _sense(light: Light, rng: np.random.Generator, noise: float = NOISE) -> Image:
    """Convert light to the grey levels of a noisy sensor, H x W x 3."""
    return np.clip(light + rng.normal(0, noise, light.shape), 0, 255).astype(np.uint8)


def _blotches(shape: tuple[int, ...], rng: np.random.Generator, deviation: float) -> Light:
    """Draw a brightness of about 1 that varies slowly and falls off towards the corners, H x W x 1."""
    height, width = shape[:2]
    few = rng.normal(1, deviation, (4, 5)).astype(np.float32)
    smooth = cv2.resize(few, (width, height), interpolation=cv2.INTER_CUBIC)
    y, x = np.mgrid[-0.5 : 0.5 : height * 1j, -0.5 : 0.5 : width * 1j]
    dimmed: Light = np.clip(smooth * (1 - 0.7 * np.hypot(x, y)), 0, None)
    return dimmed[..., None]


def _plain(sample: Sample, rng: np.random.Generator) -> Image:
    return _sense(np.full(sample.rgb.shape, float(rng.integers(16, 256))), rng)


def _noise(sample: Sample, rng: np.random.Generator) -> Image:
    return rng.integers(0, 256, sample.rgb.shape, np.uint8)


def _bars(sample: Sample, rng: np.random.Generator) -> Image:
    colours = rng.permutation(np.array([BARS], np.uint8), axis=1)
    return np.asarray(cv2.resize(colours, sample.rgb.shape[1::-1], interpolation=cv2.INTER_NEAREST), np.uint8)


def _hand(sample: Sample, rng: np.random.Generator) -> Image:
    colour = np.array(HAND) * rng.uniform(0.3, 1.2)
    return _sense(colour * _blotches(sample.rgb.shape, rng, 0.35), rng)


def _plaster(sample: Sample, rng: np.random.Generator) -> Image:
    shape = sample.rgb.shape
    grain = cv2.GaussianBlur(rng.normal(0, 1, shape[:2]), (0, 0), shape[1] / 200)
    colour = np.array(PLASTER) * rng.uniform(0.5, 1.1)
    return _sense(colour * _blotches(shape, rng, 0.1) + 6 * (grain / grain.std())[..., None], rng)


def _surface(sample: Sample, rng: np.random.Generator) -> Image | None:
    """Magnify the middle one of the image's windows that show background only; None if there is none."""
    height, width = sample.mask.shape
    high, wide = height // SHARE, width // SHARE
    other = cv2.integral((sample.mask != BACKGROUND).astype(np.uint8))
    empty = other[high:, wide:] - other[:-high, wide:] - other[high:, :-wide] + other[:-high, :-wide] == 0
    rows, columns = np.nonzero(empty)
    if len(rows) == 0:
        return None
    row, column = rows[len(rows) // 2], columns[len(rows) // 2]
    window = sample.rgb[row : row + high, column : column + wide]
    return np.asarray(cv2.resize(window, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def _defocused(sample: Sample, rng: np.random.Generator) -> Image:
    return np.asarray(cv2.GaussianBlur(sample.rgb, (0, 0), sample.rgb.shape[1] / 20), np.uint8)


def _exposed(factor: float) -> Callable[[Sample, np.random.Generator], Image]:
    """Scale the light of the room by a factor, which applies before the camera's gamma."""

    def expose(sample: Sample, rng: np.random.Generator) -> Image:
        return _sense(255 * ((sample.rgb / 255) ** GAMMA * factor) ** (1 / GAMMA), rng, 2 * NOISE)

    return expose


def _covered(share: float) -> Callable[[Sample, np.random.Generator], Image]:
    """Cover the left part of the lens with something black."""

    def cover(sample: Sample, rng: np.random.Generator) -> Image:
        image = sample.rgb.copy()
        image[:, : round(share * image.shape[1])] = 3
        return image

    return cover


def _turned(quarters: int) -> Callable[[Sample, np.random.Generator], Image]:
    return lambda sample, rng: np.ascontiguousarray(np.rot90(sample.rgb, quarters))


VIEWS: dict[str, Callable[[Sample, np.random.Generator], Image | None]] = {
    "black": lambda sample, rng: _sense(np.zeros(sample.rgb.shape), rng),
    "a plain grey": _plain,
    "white": lambda sample, rng: np.full_like(sample.rgb, 255),
    "noise": _noise,
    "colour bars": _bars,
    "a hand on the lens": _hand,
    "plaster at 10 cm": _plaster,
    "a wall, floor or ceiling that fills the view": _surface,
    "out of focus, by 1/20 of the width": _defocused,
    "nine tenths of the lens covered": _covered(0.9),
    "half of the lens covered": _covered(0.5),
    "1/50 of the light": _exposed(1 / 50),
    "1/300 of the light": _exposed(1 / 300),
    "30 times the light": _exposed(30),
    "upside down": _turned(2),
    "on its side": _turned(1),
}
"""Functions that turn a labelled image into a view, H x W x 3 RGB, or None if the image allows no such view."""
