# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The pictures that systems are timed on."""

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

Picture = npt.NDArray[np.uint8]

RENDERED = 8
READ = 64
"""Pictures at most: enough that no cache holds them all, few enough for every process to hold them."""


def render(seed: int, width: int = 640, height: int = 480, number: int = RENDERED) -> list[Picture]:
    """Boxes in front of a shaded wall, with sensor noise; what they show does not matter for time.

    Returns:
        H x W x 3, RGB.
    """
    rng = np.random.default_rng(seed)
    ramp = np.linspace(60, 200, height, dtype=np.float32)[:, None, None]
    found = []
    for _ in range(number):
        picture = np.broadcast_to(ramp * rng.uniform(0.7, 1.2, 3), (height, width, 3)).copy()
        for _ in range(12):
            left, top = rng.integers(0, (width, height))
            right, bottom = left + rng.integers(width // 30, width // 3), top + rng.integers(height // 30, height // 3)
            picture[top:bottom, left:right] = rng.uniform(0, 255, 3)
        noise = rng.normal(0, 4, picture.shape)
        found.append(np.clip(picture + noise, 0, 255).astype(np.uint8))
    return found


def read(folder: Path) -> list[Picture]:
    """The first pictures or frames of a folder, without those of folders within it, RGB, at their own sizes.

    Raises:
        MediaError: there are none, or one cannot be read.
    """
    found = [source for source in sources([folder]) if not isinstance(source, LeftOut)]
    frames = itertools.chain.from_iterable(source.frames() for source in found)
    return [frame.rgb for frame in itertools.islice(frames, READ)]


def resized(pictures: Sequence[Picture], width: int, height: int) -> list[Picture]:
    """The same pictures as a camera of another size would give them."""
    return [cv2.resize(picture, (width, height), interpolation=cv2.INTER_LINEAR) for picture in pictures]  # type: ignore[misc]


def digest(pictures: Sequence[Picture]) -> str:
    """SHA-256 of sizes and pixels."""
    found = hashlib.sha256()
    for picture in pictures:
        found.update(repr(picture.shape).encode())
        found.update(picture.tobytes())
    return found.hexdigest()


def save(pictures: Sequence[Picture], path: Path) -> Path:
    """Write them for the measured processes, an .npz file."""
    np.savez(path, *pictures)
    return path


def load(path: Path) -> list[Picture]:
    """Read what `save` has written."""
    with np.load(path, allow_pickle=False) as file:
        return [file[name] for name in file.files]
