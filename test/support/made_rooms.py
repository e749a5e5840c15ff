# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Generator of small data sets in the layout of the real ones: smooth walls with checkered objects."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from bgflow_train.data.splits import FOLDERS, Splits

__all__ = ["SETS", "splits_of", "wall_with_things", "write", "write_rendered"]

SETS = {
    "nyu": {"fit": 12, "validate": 12, "test": 3, "balanced": 1},
    "ade20k_indoor": {"fuse": 3},
    "coco_indoor": {"fuse": 3, "validate": 98},  # with NYU's room enough for the static threshold's level
    "ade20k_rooms": {"test": 2},
    "gazebo_house": {"test": 2},
    "gazebo_bookstore": {"test": 2},
}


def wall_with_things(number: int) -> tuple[np.ndarray, np.ndarray]:
    """Image of a smooth wall with a checkered object, and its mask; the number is the seed."""
    rng = np.random.default_rng(number)
    rgb = np.full((96, 128, 3), rng.integers(120, 240, 3), np.float32) + np.linspace(-20, 20, 128)[None, :, None]
    mask = np.zeros((96, 128), np.uint8)
    x, y = rng.integers(0, 20), rng.integers(0, 40)
    mask[y : y + 50, x : x + 60] = 1
    checks = np.indices((96, 128)).sum(0) // 6 % 2 * 200.0
    rgb = np.where(mask[..., None] == 1, checks[..., None], rgb)
    return np.clip(rgb, 0, 255).astype(np.uint8), mask


def write(data: Path) -> Path:
    """Write the data sets of SETS to a folder; the name of each image says to which split it belongs."""
    number = 0
    for name, splits in SETS.items():
        for kind in ("rgb", "mask", "label"):
            (data / FOLDERS[name] / kind).mkdir(parents=True)
        for split, images in splits.items():
            for _ in range(images):
                number += 1
                rgb, mask = wall_with_things(number)
                cv2.imwrite(str(data / FOLDERS[name] / "rgb" / f"{number:04d}_{split}.png"), rgb[..., ::-1])
                cv2.imwrite(str(data / FOLDERS[name] / "mask" / f"{number:04d}_{split}.png"), mask)
                cv2.imwrite(str(data / FOLDERS[name] / "label" / f"{number:04d}_{split}.png"), np.where(mask, 5, 1))
    return data


def write_rendered(root: Path) -> Path:
    """Write ten rooms of one view each in the layout of `bgflow rooms`."""
    for kind in ("rgb", "mask", "label", "rooms"):
        (root / kind).mkdir(parents=True)
    for number in range(10):
        rgb, mask = wall_with_things(1000 + number)
        cv2.imwrite(str(root / "rgb" / f"{number:05d}_0.jpg"), rgb[..., ::-1])
        cv2.imwrite(str(root / "mask" / f"{number:05d}_0.png"), mask)
        cv2.imwrite(str(root / "label" / f"{number:05d}_0.png"), np.where(mask, 40, 2))
        (root / "rooms" / f"{number:05d}.json").write_text("{}")
    return root


def splits_of(data: Path) -> Splits:
    """Splits according to the names that `write` gave."""

    def ids(name: str, split: str) -> list[str]:
        return sorted(path.stem for path in (data / FOLDERS[name] / "mask").glob(f"*_{split}.png"))

    sets = {name: {split: ids(name, split) for split in splits} for name, splits in SETS.items()}
    return Splits(sets | {"generalization": {name: ids(name, "test") for name in ("ade20k_rooms", "gazebo_house")}})
