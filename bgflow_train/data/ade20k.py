# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""ADE20K (Zhou et al., "Scene Parsing through ADE20K Dataset", CVPR 2017), as its authors hand it out.

There are two formats, told apart by their folders:

- the scene parsing challenge (ADEChallengeData2016): 150 classes in one channel, 0 for all others;
- the full data set (ADE20K_2021_17_01; an earlier release where it has the same files): more than 3000 classes in two
  channels, named in a json beside each picture. Its pickled index is not needed.

Most of the pictures show no rooms; `ids` says which are wanted.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bgflow_train.data.base import BACKGROUND, FOREGROUND, VOID, DatasetError
from bgflow_train.data.pairs import PairedDataset, index_by_stem, pair_files, read_labels

__all__ = ["PARSING_CLASSES", "PARTS", "Ade20k", "Ade20kParsing"]

PARTS = ("training", "validation")
PARSING_CLASSES = 150
"""Number of classes of the scene parsing challenge."""
CHALLENGE_BACKGROUND = (1, 4, 6, 9)
"""Wall, floor, ceiling and windowpane of the challenge."""
FULL_BACKGROUND = frozenset({"wall", "floor, flooring", "ceiling", "windowpane, window"})
"""Whole names of the full data set: `wall socket, ...`, `floor lamp` or `window`, a part of a house, are others."""


class Ade20k(PairedDataset):
    """Pictures of ADE20K in either format; void is what is unlabelled or of none of the classes.

    Args:
        root: the unpacked archive's folder, ADEChallengeData2016 or ADE20K_2021_17_01.
        part: `training` or `validation`.
        ids: to read, in this order, such as `ADE_train_00000001`; all that have labels, sorted, where None.
        name: what to call the set in tables and logs.

    Attributes:
        full: whether the format is that of the full data set.

    Raises:
        DatasetError: the folder has neither format, an id has no picture or labels, or nothing is left.
    """

    def __init__(
        self, root: Path, part: str = "training", ids: Sequence[str] | None = None, name: str = "ade20k"
    ) -> None:
        if part not in PARTS:
            raise DatasetError(f"ADE20K has no part {part!r}; expected one of {', '.join(PARTS)}")
        images, annotations, inner = (root / folder / part for folder in ("images", "annotations", "images/ADE"))
        self.full = inner.is_dir() or not annotations.is_dir()
        folder = inner if inner.is_dir() else images
        if not folder.is_dir():
            raise DatasetError(
                f"{root} is no ADE20K with the part {part}; expected images/{part}/ID.jpg and "
                f"annotations/{part}/ID.png (challenge), or images/ADE/{part}/*/*/ID.jpg with ID_seg.png and ID.json "
                "beside it (full)"
            )
        if self.full:
            pictures, labels = _walk(folder)
            pairs = pair_files(folder, pictures, folder / "**" / "*_seg.png", labels, ids)
        else:
            pairs = pair_files(images, index_by_stem(images), annotations, index_by_stem(annotations), ids)
        super().__init__(name, pairs)

    def _mask(self, labels: Path) -> npt.NDArray[np.uint8]:
        if self.full:
            return _full_mask(labels, labels.with_name(labels.name.replace("_seg.png", ".json")))
        table = np.full(PARSING_CLASSES + 1, FOREGROUND, np.uint8)
        table[0] = VOID
        table[list(CHALLENGE_BACKGROUND)] = BACKGROUND
        return table[_challenge_classes(labels)]

    def _content(self, index: int) -> Iterable[bytes]:
        # The mask instead of its file, as it also depends on the json, and on which of the classes reads it.
        _, picture, labels = self.pairs[index]
        return picture.read_bytes(), self._mask(labels).tobytes()


class Ade20kParsing(Ade20k):
    """Pictures of the challenge with their classes as masks, for training a network that parses scenes.

    These masks do not hold BACKGROUND and FOREGROUND but the challenge's classes less one, from 0 (wall) to 149, and
    VOID for what is none of them.

    Args:
        root: the unpacked archive's folder, ADEChallengeData2016.
        part: `training` or `validation`.
        ids: to read, in this order, such as `ADE_train_00000001`; all that have labels, sorted, where None.
        name: what to call the set in tables and logs.

    Raises:
        DatasetError: as of `Ade20k`, or the folder has the full data set's format.
    """

    def __init__(
        self, root: Path, part: str = "training", ids: Sequence[str] | None = None, name: str = "ade20k_parsing"
    ) -> None:
        super().__init__(root, part, ids, name)
        if self.full:
            raise DatasetError(
                f"{root} has the full data set's format, whose classes are not the challenge's {PARSING_CLASSES}; "
                "expected the folder of ADEChallengeData2016"
            )

    def _mask(self, labels: Path) -> npt.NDArray[np.uint8]:
        classes = _challenge_classes(labels)
        return np.where(classes == 0, np.uint8(VOID), classes - np.uint8(1))


def _walk(folder: Path) -> tuple[dict[str, Path], dict[str, Path]]:
    """Find the pictures and the labels below a folder of the full data set, by id."""
    pictures: dict[str, Path] = {}
    labels: dict[str, Path] = {}
    for parent, folders, files in os.walk(folder):
        ids = {name.removesuffix(".jpg") for name in files if name.endswith(".jpg")}
        # The folder called like a picture holds a mask for each of its objects: very many files, of no use here.
        folders[:] = [name for name in folders if name not in ids]
        pictures |= {id: Path(parent, f"{id}.jpg") for id in ids}
        labels |= {name.removesuffix("_seg.png"): Path(parent, name) for name in files if name.endswith("_seg.png")}
    return pictures, labels


def _challenge_classes(path: Path) -> npt.NDArray[np.uint8]:
    classes = read_labels(path)
    if classes.max() > PARSING_CLASSES:
        raise DatasetError(
            f"{path} has the value {classes.max()}; expected classes up to {PARSING_CLASSES} and 0 for others"
        )
    return classes


def _full_mask(path: Path, names: Path) -> npt.NDArray[np.uint8]:
    _, green, red = np.moveaxis(read_labels(path, channels=3).astype(np.uint16), 2, 0)
    classes: npt.NDArray[np.uint16] = red // 10 * 256 + green  # blue counts the instances
    named = _names(names)
    present: list[int] = np.unique(classes).tolist()
    if any(present) and named.keys().isdisjoint(present):
        raise DatasetError(f"{names} names none of the classes in {path}; expected the json of the same picture")
    # What has no name, as what is unlabelled, may be anything and counts nowhere.
    table = np.full(present[-1] + 1, VOID, np.uint8)
    for index in present:
        if index and index in named:
            table[index] = BACKGROUND if named[index] in FULL_BACKGROUND else FOREGROUND
    return table[classes]


def _names(path: Path) -> dict[int, str]:
    """Names of the classes that a picture of the full data set has, by their index in its labels."""
    try:
        # The names that matter are ASCII; an odd byte in what an annotator typed must not cost the picture.
        objects = json.loads(path.read_text(encoding="utf-8", errors="replace"))["annotation"]["object"]
        # MATLAB, which wrote these files, makes a list of one object the object itself.
        return {each["name_ndx"]: each["name"] for each in (objects if isinstance(objects, list) else [objects])}
    except FileNotFoundError as error:
        raise DatasetError(
            f"{path} is not there; expected a json beside each picture, as in the release ADE20K_2021_17_01"
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise DatasetError(
            f"{path} is no annotation of ADE20K ({error!r}); expected the objects in annotation.object, each with "
            "`name_ndx` and `name`"
        ) from error
