# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""ADE20K (Zhou et al., "Scene Parsing through ADE20K Dataset", CVPR 2017), as its authors distribute it.

There are two formats, distinguished by their folders:

- the scene parsing challenge (ADEChallengeData2016): 150 classes in one channel, 0 for all others;
- the full data set (ADE20K_2021_17_01, and earlier releases with the same files): more than 3000 classes in two
  channels, named in a json beside each image. Its pickled index is not needed.

Most of the images do not show rooms; the argument `ids` selects images.
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
"""Complete names of background classes in the full data set; `floor lamp`, for example, is another class."""


class Ade20k(PairedDataset):
    """Images of ADE20K in either format; pixels that are unlabelled or of none of the classes are void.

    Args:
        root: Folder of the unpacked archive, ADEChallengeData2016 or ADE20K_2021_17_01.
        part: `training` or `validation`.
        ids: Ids to read, in this order, such as `ADE_train_00000001`; None for all that have labels, sorted.
        name: Name of the set in tables and logs.

    Attributes:
        full: True if the format is that of the full data set.

    Raises:
        DatasetError: The folder has neither format, an id has no image or labels, or no pair is left.
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
                f"{root} is not an ADE20K with the part {part}; expected images/{part}/ID.jpg and "
                f"annotations/{part}/ID.png (challenge), or images/ADE/{part}/*/*/ID.jpg with ID_seg.png and ID.json "
                "beside it (full)"
            )
        if self.full:
            found, labels = _walk(folder)
            pairs = pair_files(folder, found, folder / "**" / "*_seg.png", labels, ids)
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
        # The mask stands in for its file, because it also depends on the json and on the class that reads it.
        _, image, labels = self.pairs[index]
        return image.read_bytes(), self._mask(labels).tobytes()


class Ade20kParsing(Ade20k):
    """Images of the challenge with their classes as masks, to train a network for scene parsing.

    The masks do not hold BACKGROUND and FOREGROUND but the challenge's classes minus one, from 0 (wall) to 149, and
    VOID for all other pixels.

    Args:
        root: Folder of the unpacked archive, ADEChallengeData2016.
        part: `training` or `validation`.
        ids: Ids to read, in this order, such as `ADE_train_00000001`; None for all that have labels, sorted.
        name: Name of the set in tables and logs.

    Raises:
        DatasetError: As for `Ade20k`, or the folder has the full data set's format.
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
    """Find the images and the labels below a folder of the full data set, by id."""
    images: dict[str, Path] = {}
    labels: dict[str, Path] = {}
    for parent, folders, files in os.walk(folder):
        ids = {name.removesuffix(".jpg") for name in files if name.endswith(".jpg")}
        # A folder with the name of an image holds a mask for each of its objects: many files that are not needed.
        folders[:] = [name for name in folders if name not in ids]
        images |= {id: Path(parent, f"{id}.jpg") for id in ids}
        labels |= {name.removesuffix("_seg.png"): Path(parent, name) for name in files if name.endswith("_seg.png")}
    return images, labels


def _challenge_classes(path: Path) -> npt.NDArray[np.uint8]:
    classes = read_labels(path)
    if classes.max() > PARSING_CLASSES:
        raise DatasetError(
            f"{path} has the value {classes.max()}; expected classes up to {PARSING_CLASSES} and 0 for others"
        )
    return classes


def _full_mask(path: Path, names: Path) -> npt.NDArray[np.uint8]:
    _, green, red = np.moveaxis(read_labels(path, channels=3).astype(np.uint16), 2, 0)
    classes: npt.NDArray[np.uint16] = red // 10 * 256 + green  # Blue counts the instances.
    named = _names(names)
    present: list[int] = np.unique(classes).tolist()
    if any(present) and named.keys().isdisjoint(present):
        raise DatasetError(f"{names} contains none of the classes in {path}; expected the json of the same image")
    # Pixels without a name, like unlabelled ones, may be anything and are ignored.
    table = np.full(present[-1] + 1, VOID, np.uint8)
    for index in present:
        if index and index in named:
            table[index] = BACKGROUND if named[index] in FULL_BACKGROUND else FOREGROUND
    return table[classes]


def _names(path: Path) -> dict[int, str]:
    """Read the names of the classes in an image of the full data set, by their index in its labels."""
    try:
        # The relevant names are ASCII; an invalid byte in another name must not make the image unusable.
        objects = json.loads(path.read_text(encoding="utf-8", errors="replace"))["annotation"]["object"]
        # MATLAB, which wrote these files, stores a list of one object as the object itself.
        return {each["name_ndx"]: each["name"] for each in (objects if isinstance(objects, list) else [objects])}
    except FileNotFoundError as error:
        raise DatasetError(
            f"{path} does not exist; expected a json beside each image, as in the release ADE20K_2021_17_01"
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise DatasetError(
            f"{path} is not an annotation of ADE20K ({error!r}); expected the objects in annotation.object, each with "
            "`name_ndx` and `name`"
        ) from error
