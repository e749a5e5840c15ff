# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Development of rendered light into a photograph: exposure, white balance, tone curve, noise, JPEG."""

from __future__ import annotations

import math
import random
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["develop", "encode_jpeg"]

Image = NDArray[Any]


def curve(light: Image, kind: str) -> Image:
    """Tone curve of a kind: map linear light (1 is white for "clip") to the range 0 to 1, before the gamma."""
    if kind == "soft":
        light = light * (1 + light / 9) / (1 + light)
    elif kind == "film":
        light = light * (2.51 * light + 0.03) / (light * (2.43 * light + 0.59) + 0.14)
    return np.asarray(np.clip(light, 0, 1))


def develop(light: Image, rng: random.Random, grain: int | None = None) -> NDArray[np.uint8]:
    """Develop linear light (height x width x 3) into 8-bit RGB with random exposure, colour, contrast and noise.

    Args:
        light: linear RGB.
        rng: random numbers of the choices.
        grain: seed of the noise; by default it comes from `rng`.
    """
    light = np.nan_to_num(np.maximum(light.astype(np.float32), 0), posinf=1e3)
    grey = light @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    average = light.reshape(-1, 3).clip(0, np.percentile(grey, 95) + 1e-6).mean(0) + 1e-6
    light = light * (average.mean() / average) ** rng.uniform(0.0, 1.0)
    middle = float(np.exp(np.log(grey + 1e-4).mean())) * 0.6 + 0.4 * float(np.percentile(grey, 60))
    key = math.exp(rng.gauss(math.log(0.25), 0.7))
    light = light * (min(max(key, 0.04), 1.0) / max(middle, 1e-4))
    seed = rng.getrandbits(32)
    noise = np.random.default_rng(seed if grain is None else grain)
    shown = curve(light, rng.choice(("clip", "clip", "soft", "film")))
    shown = np.where(shown <= 0.0031308, 12.92 * shown, 1.055 * np.maximum(shown, 1e-8) ** (1 / 2.4) - 0.055)
    tint = shown.mean(-1, keepdims=True)
    shown = tint + (shown - tint) * rng.uniform(0.6, 1.25)
    contrast = rng.uniform(0.85, 1.2)
    shown = (shown - 0.45) * contrast + 0.45
    if rng.random() < 0.25:
        shown = cv2.GaussianBlur(shown, (0, 0), rng.uniform(0.3, 1.0))
    strength = rng.choice((0.0, 0.004, 0.01, 0.025))
    shown = shown + noise.normal(0, 1, shown.shape).astype(np.float32) * strength
    return np.asarray(np.clip(shown, 0, 1) * 255 + 0.5, np.uint8)


def encode_jpeg(rgb: NDArray[np.uint8], rng: random.Random) -> bytes:
    """Encode RGB as JPEG of a random quality from 80 to 95."""
    flags = (cv2.IMWRITE_JPEG_QUALITY, rng.randint(80, 95))
    return cv2.imencode(".jpg", np.ascontiguousarray(rgb[..., ::-1]), flags)[1].tobytes()
