# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""How much two labellings of the same images differ, which bounds what any model can be measured to do.

    python -m bgflow_train.data.label_noise --data DIR

compares NYU's own masks of 30 of its validation images with masks that were drawn without looking at those, and the
drawn masks of 20 photographs of other rooms with masks that somebody else drew without looking at those.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bgflow_ros.segmentation.files import user_path
from bgflow_train.data.base import BACKGROUND, FOREGROUND, VOID, IndexedDataset, Sample
from bgflow_train.data.drawn import DRAWN_ROOMS, DrawnDataset
from bgflow_train.data.folder import FolderDataset
from bgflow_train.data.splits import FOLDERS

__all__ = ["DRAWN_AGAIN", "DRAWN_NYU", "Disagreement", "disagreement"]

DRAWN_NYU, DRAWN_AGAIN = (Path(__file__).with_name(name) for name in ("drawn_nyu", "drawn_again"))
"""Folders of the drawings: of NYU's images, with its numbers as names, and of photographs that `drawn_rooms` has."""


class Disagreement(NamedTuple):
    """Difference of two masks of one image, as shares of the pixels that both label."""

    id: str
    added: float
    """Foreground in the second mask alone."""
    removed: float
    """Foreground in the first mask alone."""
    labelled: int
    """Number of pixels that both masks label."""

    @property
    def share(self) -> float:
        """Share of the pixels that the masks label differently."""
        return self.added + self.removed


def disagreement(pairs: Iterable[tuple[Sample, Sample]]) -> list[Disagreement]:
    """Compare two labellings of the same images.

    Args:
        pairs: Each image with its first and its second mask.
    """
    found = []
    for first, second in pairs:
        both = (first.mask != VOID) & (second.mask != VOID)
        added = (first.mask == BACKGROUND) & (second.mask == FOREGROUND)
        removed = (first.mask == FOREGROUND) & (second.mask == BACKGROUND)
        labelled = int(both.sum())
        whole = max(1, labelled)
        found.append(Disagreement(first.id, float(added.sum()) / whole, float(removed.sum()) / whole, labelled))
    return found


def main() -> None:
    """Print the disagreement of each image, the largest of its set last, and of all pixels of the set."""
    parser = argparse.ArgumentParser(description="Compare two labellings of the same images.")
    parser.add_argument("--data", type=user_path, required=True, help="folder that holds nyu/ and unlabelled/")
    data = parser.parse_args().data
    nyu, again = (DrawnDataset(data, folder) for folder in (DRAWN_NYU, DRAWN_AGAIN))
    root = data / FOLDERS["nyu"]
    _tell("images of NYU", FolderDataset(root / "rgb", root / "mask", nyu.ids), nyu)
    _tell("photographs of other rooms", DrawnDataset(data, DRAWN_ROOMS, again.ids), again)


def _tell(what: str, first: IndexedDataset, second: IndexedDataset) -> None:
    found = sorted(disagreement(zip(first, second, strict=True)), key=lambda one: one.share)
    for one in found:
        sides = f"foreground added {one.added:.1%}, removed {one.removed:.1%}"
        print(f"{one.id}: {one.share:.1%} of {one.labelled} pixels, {sides}")
    weights = np.array([one.labelled for one in found])
    added, removed = (np.average(shares, weights=weights) for shares in zip(*(one[1:3] for one in found), strict=True))
    median = np.median([one.share for one in found])
    print(
        f"{len(found)} {what}: {added + removed:.1%} of the pixels, foreground added {added:.1%}, removed "
        f"{removed:.1%}; median of the images {median:.1%}"
    )


if __name__ == "__main__":
    main()
