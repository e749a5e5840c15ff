# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Folds of the images that choose the fusion and the thresholds, so that they train as well.

What a network is trained on tells little about its thresholds, and what is kept back for them teaches it nothing. With
cross-fitting (Chernozhukov et al., 2018) these images do both: each fold is held out from one network and trains the
others, and every image is scored by the network that has not seen its room.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Generic, TypeVar

from bgflow_train.data.splits import Splits, group_rooms

__all__ = ["CROSS_FITTED", "ByFold", "Fold", "fold_numbers"]

T = TypeVar("T")

CROSS_FITTED = {"nyu": ("validate",), "ade20k_indoor": ("fuse",), "coco_indoor": ("fuse", "validate")}
"""Splits of each data set whose images are in folds."""
ALWAYS = {"nyu": "fit"}
"""Split of a data set whose images train with every fold; none of them shows a room of a fold."""


@dataclass(frozen=True, order=True)
class Fold:
    """One of some folds; as text `NUMBER/COUNT`."""

    number: int
    """From 1 on."""
    count: int

    @classmethod
    def parse(cls, text: str) -> Fold:
        """Read a fold from text.

        Raises:
            ValueError: The text is no fold.
        """
        match = re.fullmatch(r"(\d+)/(\d+)", text)
        fold = cls(*map(int, match.groups())) if match else None
        if fold is None or not 1 <= fold.number <= fold.count or fold.count < 2:
            raise ValueError(f"the fold is {text!r}; expected NUMBER/COUNT, such as 1/3")
        return fold

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    def title(self, name: str, held_out: bool) -> str:
        """Name the images that `ids` lists."""
        return f"{name}/fold {self}" if held_out else f"{name}/all but fold {self}"

    def ids(self, name: str, held_out: bool) -> list[str]:
        """List the images of a data set that the fold holds out, or those that it leaves to train on."""
        in_folds = [id for id, number in fold_numbers(name, self.count).items() if (number == self.number) == held_out]
        return (
            in_folds if held_out or name not in ALWAYS else sorted([*in_folds, *Splits.load().ids(name, ALWAYS[name])])
        )


def fold_numbers(name: str, count: int) -> dict[str, int]:
    """Compute the number of the fold of each image of a data set; images of one room are in the same fold.

    Args:
        name: Name of the data set, one of CROSS_FITTED.
        count: Number of folds.
    """
    splits = Splits.load()
    ids = sorted(id for split in CROSS_FITTED[name] for id in splits.ids(name, split))
    rooms = group_rooms(ids) if name == "nyu" else [[id] for id in ids]
    sizes = [0] * count
    numbers: dict[str, int] = {}
    for room in sorted(rooms, key=len, reverse=True):
        smallest = sizes.index(min(sizes))
        sizes[smallest] += len(room)
        numbers |= dict.fromkeys(room, smallest + 1)
    return dict(sorted(numbers.items()))


class ByFold(Generic[T]):
    """Something of which there is one for each fold, which has not seen its images, and one for all other images.

    Args:
        whole: That for images in no fold.
        folds: Those for the folds; none without cross-fitting.
    """

    def __init__(self, whole: T, *folds: T) -> None:
        self.all = [whole, *folds]
        """That for images in no fold, and those for the folds."""
        self._numbers: dict[str, int] = {}
        for name in CROSS_FITTED if folds else ():
            self._numbers |= fold_numbers(name, len(folds))

    def of(self, id: str) -> T:
        """Return that for an image by its id, also with names of data sets before it (`Concatenated`)."""
        return self.all[self._numbers.get(id.rpartition("/")[2], 0)]
