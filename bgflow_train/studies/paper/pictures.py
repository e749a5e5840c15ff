# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Which pictures the tables are made with: NYU's official scenes or a random split like the paper's, and the rest."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bgflow_train.data import DatasetError, FolderDataset, IndexedDataset
from bgflow_train.data.generalization import DrawnDataset
from bgflow_train.data.registry import open_nyu, open_split, place_of
from bgflow_train.data.splits import FOLDERS, Splits, foreground_share, paper_split
from bgflow_train.data.subsets import Joined, Subset, spaced
from bgflow_train.model.fitting import FUSE

__all__ = ["Pictures", "fitting_set", "generalization_set", "open_pictures"]


@dataclass(frozen=True)
class Pictures:
    """What trains, what stops and chooses, what fuses, what is reported."""

    fit: IndexedDataset
    """The experts' and the densities'."""
    stop: IndexedDataset
    """Stops the experts' training."""
    validate: IndexedDataset
    """Stops the flows' and chooses k."""
    fuse: IndexedDataset
    nyu: IndexedDataset
    """Table I's."""
    data: Path
    """Folder that holds the rest."""

    @property
    def generalization(self) -> IndexedDataset:
        """Table II's; opened when it is asked for, because Table I does without."""
        return generalization_set(self.data)

    def digests(self) -> dict[str, Any]:
        """JSON-ready: how many pictures, and their hash."""
        sets = {name: getattr(self, name) for name in ("fit", "validate", "fuse")}
        return {name: {"set": set.name, "pictures": len(set), "sha256": set.digest()} for name, set in sets.items()}


def open_pictures(data: Path, split: str, validation: int, seed: int, fitting: Path | None = None) -> Pictures:
    """Open everything that Tables I and II need.

    Args:
        data: folder that holds nyu/ or nyu_depth_v2_labeled.mat, rooms/ and unlabelled/.
        split: `official` or `random`.
        validation: pictures to stop flows and choose k with, at most.
        seed: of the random split.
        fitting: folder with rgb/ and mask/ to fit the fusion to, instead of the 25 pictures of splits.json.

    Raises:
        DatasetError: something is missing.
    """
    if split == "official":
        fit, stop, test = (open_split(data, "nyu", part) for part in ("fit", "validate", "balanced"))
    else:
        everything = open_nyu(place_of(data, "nyu"), None, "nyu")
        train, rest = paper_split([foreground_share(sample.mask) for sample in everything], seed)
        # The paper stops the flows by an NYU validation set that it does not describe: here each eighth picture.
        fit = Subset(everything, [index for place, index in enumerate(train) if place % 8], "nyu/random fit")
        stop = Subset(everything, train[::8], "nyu/random validate")
        test = Subset(everything, rest, "nyu/random test")
    if fitting is None:
        try:
            fuse = fitting_set(data)
        except DatasetError as error:
            raise DatasetError(
                f"the fitting set is not there ({error}); --fitting DIR takes labelled pictures of your own instead"
            ) from error
    else:
        fuse = FolderDataset(fitting / "rgb", fitting / "mask", name="fitting set of your own")
    return Pictures(fit, stop, spaced(stop, validation), fuse, test, data)


def fitting_set(data: Path) -> IndexedDataset:
    """The 25 pictures that the fusion is fitted to, as many as the paper's."""
    return Joined([open_split(data, *split) for split in FUSE], "fitting set")


def generalization_set(data: Path) -> IndexedDataset:
    """The pictures that Table II reports on: drawn masks, collages, photographs and rendered views (splits.json)."""
    parts: list[IndexedDataset] = []
    for name, ids in Splits.load().sets["generalization"].items():
        if name == "drawn":
            parts.append(DrawnDataset(data, ids=ids, name=name))
        else:
            rooms = data / FOLDERS[name]
            parts.append(FolderDataset(rooms / "rgb", rooms / "mask", ids, name))
    return Joined(parts, "generalization set")
