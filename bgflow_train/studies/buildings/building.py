# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Images of a building: those that a model is adapted with, and labelled ones that it is measured on."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from bgflow_train.data import FOREGROUND, VOID, DatasetError
from bgflow_train.data.pairs import index_by_stem, pair_files, read_labels

__all__ = ["Building", "find_buildings", "labelled", "read_rgb"]

Pair = tuple[Path, Path, Path | None]
"""Files of an image, of its mask, and of the mask of the same view without furniture where there is one."""


@dataclass(frozen=True)
class Building:
    """A building."""

    name: str
    furnished: list[Path]
    """Images of furnished rooms to adapt with."""
    empty: list[Path]
    """Images of the same rooms without furniture; none where there are none."""
    recording: Path | None
    """Recording of the furnished images with depth and poses; None without."""
    measured: list[Pair]
    """Other images of furnished rooms, with their masks."""


def find_buildings(paths: Sequence[Path]) -> list[Building]:
    """Find buildings in folders.

    Args:
        paths: Folders of drives by `bgflow drives --days`, each room of which is a building: its first day and its
            drive without furniture adapt, other days are measured; or folders with `rgb/` and `mask/`, of which every
            second image adapts and the others are measured.

    Raises:
        DatasetError: A folder is neither.
    """
    found = []
    for path in paths:
        if (path / "mask").is_dir():
            pairs = _pairs(path)
            found.append(Building(path.name, [image for image, *_ in pairs[::2]], [], None, pairs[1::2]))
            continue
        rooms: dict[tuple[int, int], dict[int, list[Path]]] = defaultdict(lambda: defaultdict(list))
        for record in sorted(path.glob("*/drive.json")):
            drive = json.loads(record.read_text())
            if "day" in drive and not drive["amount"]:
                rooms[drive["seed"], drive["room"]][drive["day"]].append(record.parent)
        if not rooms:
            raise DatasetError(f"{path}: expected drives of `bgflow drives --days`, or the folders rgb and mask")
        for (seed, room), days in rooms.items():
            if not days[1] or not max(days) > 1:
                raise DatasetError(
                    f"{path}: room {room} has no first day, or no other; expected `bgflow drives --days 2`"
                )
            furnished, empty = ([image for one in days[day] for image, *_ in _pairs(one)] for day in (1, 0))
            cleared = days[0][0] if days[0] else None
            measured = [pair for day in days if day > 1 for one in days[day] for pair in _pairs(one, cleared)]
            recording = days[1][0] if (days[1][0] / "groundtruth.txt").is_file() else None
            found.append(Building(f"room {room} of seed {seed}", furnished, empty, recording, measured))
    return found


def labelled(pair: Pair) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Read an image, RGB, and its mask: 0 background, 1 foreground, 255 void.

    Where the view is known without furniture, what is foreground there is void: doors and curtains, which a drive
    through the empty room shows as a part of it.
    """
    rgb, mask = read_rgb(pair[0]), read_labels(pair[1])
    if mask.shape != rgb.shape[:2]:
        raise DatasetError(f"{pair[1]}: has another size than its image")
    if pair[2] is not None:
        mask[read_labels(pair[2]) == FOREGROUND] = VOID
    return rgb, mask


def read_rgb(path: Path) -> npt.NDArray[np.uint8]:
    """Read an image, H x W x 3."""
    image = cv2.imread(str(path))
    if image is None:
        raise DatasetError(f"{path} cannot be read")
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)


def _pairs(folder: Path, cleared: Path | None = None) -> list[Pair]:
    images, masks = folder / "rgb", folder / "mask"
    return [
        (image, mask, None if cleared is None else cleared / "mask" / mask.name)
        for _, image, mask in pair_files(images, index_by_stem(images), masks, index_by_stem(masks), None)
    ]
