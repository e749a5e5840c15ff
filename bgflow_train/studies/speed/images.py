# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Images that systems are measured on."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from bgflow_ros.media.sources import LeftOut, sources

__all__ = ["digest", "load", "read", "render", "resized", "save"]

Image = npt.NDArray[np.uint8]

RENDERED = 8
READ = 64
"""Largest number of images: too many for any cache to hold them all, few enough for every process to hold them."""


def render(seed: int, width: int = 640, height: int = 480, number: int = RENDERED) -> list[Image]:
    """Render boxes in front of a shaded wall, with sensor noise; the content does not matter for time.

    Returns:
        RGB images, height x width x 3.
    """
    rng = np.random.default_rng(seed)
    ramp = np.linspace(60, 200, height, dtype=np.float32)[:, None, None]
    found = []
    for _ in range(number):
        image = np.broadcast_to(ramp * rng.uniform(0.7, 1.2, 3), (height, width, 3)).copy()
        for _ in range(12):
            left, top = rng.integers(0, (width, height))
            right, bottom = left + rng.integers(width // 30, width // 3), top + rng.integers(height // 30, height // 3)
            image[top:bottom, left:right] = rng.uniform(0, 255, 3)
        noise = rng.normal(0, 4, image.shape)
        found.append(np.clip(image + noise, 0, 255).astype(np.uint8))
    return found


def read(folder: Path) -> list[Image]:
    """Read the first images or video frames of a folder (not of folders within it) as RGB, at their own sizes.

    Raises:
        MediaError: the folder holds none, or one cannot be read.
    """
    found = [source for source in sources([folder]) if not isinstance(source, LeftOut)]
    frames = itertools.chain.from_iterable(source.frames() for source in found)
    return [frame.rgb for frame in itertools.islice(frames, READ)]


def resized(images: Sequence[Image], width: int, height: int) -> list[Image]:
    """Resize images to the size of another camera."""
    return [cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR) for image in images]  # type: ignore[misc]


def digest(images: Sequence[Image]) -> str:
    """Compute the SHA-256 of sizes and pixels."""
    found = hashlib.sha256()
    for image in images:
        found.update(repr(image.shape).encode())
        found.update(image.tobytes())
    return found.hexdigest()


def save(images: Sequence[Image], path: Path) -> Path:
    """Write images to an .npz file, from which the measured processes read them."""
    np.savez(path, *images)
    return path


def load(path: Path) -> list[Image]:
    """Read a file of `save`."""
    with np.load(path, allow_pickle=False) as file:
        return [file[name] for name in file.files]
