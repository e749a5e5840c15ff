# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Image sets that the tables are made with, on NYU's official split by scenes or on a random split like the paper's."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bgflow_train.data import DatasetError, FolderDataset, IndexedDataset
from bgflow_train.data.drawn import DrawnDataset
from bgflow_train.data.registry import dataset_path, open_nyu, open_split
from bgflow_train.data.splits import FOLDERS, Splits, foreground_share, paper_split
from bgflow_train.data.subsets import Concatenated, Subset, evenly_spaced
from bgflow_train.model.partition import FUSE

__all__ = ["ImageSets", "fitting_set", "generalization_set", "open_image_sets"]


@dataclass(frozen=True)
class ImageSets:
    """The image sets by purpose."""

    fit: IndexedDataset
    """Trains the experts and the densities."""
    stop: IndexedDataset
    """Stops the training of the experts."""
    validate: IndexedDataset
    """Stops the training of the flows and chooses k."""
    fuse: IndexedDataset
    """Fits the fusion."""
    nyu: IndexedDataset
    """The set that Table I reports on."""
    data: Path
    """Folder that holds all data sets."""

    @property
    def generalization(self) -> IndexedDataset:
        """The set that Table II reports on. It is opened on access, because Table I does not need it."""
        return generalization_set(self.data)

    def digests(self) -> dict[str, Any]:
        """Describe the sets for a report, JSON-ready: the name, the number of images and the hash of each."""
        sets = {name: getattr(self, name) for name in ("fit", "validate", "fuse")}
        return {name: {"set": set.name, "pictures": len(set), "sha256": set.digest()} for name, set in sets.items()}


def open_image_sets(data: Path, split: str, validation: int, seed: int, fitting: Path | None = None) -> ImageSets:
    """Open the image sets of Tables I and II.

    Args:
        data: Folder that holds nyu/ or nyu_depth_v2_labeled.mat, rooms/ and unlabelled/.
        split: `official` or `random`.
        validation: Largest number of images that stop the flows and choose k.
        seed: Seed of the random split.
        fitting: Folder with rgb/ and mask/ to fit the fusion to, instead of the 25 images of splits.json.

    Raises:
        DatasetError: A data set is missing.
    """
    if split == "official":
        fit, stop, test = (open_split(data, "nyu", part) for part in ("fit", "validate", "balanced"))
    else:
        everything = open_nyu(dataset_path(data, "nyu"), None, "nyu")
        train, rest = paper_split([foreground_share(sample.mask) for sample in everything], seed)
        # The paper stops the flows on an NYU validation set that it does not describe; here it is every eighth image.
        fit = Subset(everything, [index for place, index in enumerate(train) if place % 8], "nyu/random fit")
        stop = Subset(everything, train[::8], "nyu/random validate")
        test = Subset(everything, rest, "nyu/random test")
    if fitting is None:
        try:
            fuse = fitting_set(data)
        except DatasetError as error:
            raise DatasetError(
                f"the fitting set is missing ({error}); --fitting DIR takes labelled images of your own instead"
            ) from error
    else:
        fuse = FolderDataset(fitting / "rgb", fitting / "mask", name="fitting set of your own")
    return ImageSets(fit, stop, evenly_spaced(stop, validation), fuse, test, data)


def fitting_set(data: Path) -> IndexedDataset:
    """Open the 25 images that the fusion is fitted to, as many as in the paper."""
    return Concatenated([open_split(data, *split) for split in FUSE], "fitting set")


def generalization_set(data: Path) -> IndexedDataset:
    """Open the images that Table II reports on: drawn masks, collages, photographs and rendered views (splits.json)."""
    parts: list[IndexedDataset] = []
    for name, ids in Splits.load().sets["generalization"].items():
        if name == "drawn":
            parts.append(DrawnDataset(data, ids=ids, name=name))
        else:
            rooms = data / FOLDERS[name]
            parts.append(FolderDataset(rooms / "rgb", rooms / "mask", ids, name))
    return Concatenated(parts, "generalization set")
