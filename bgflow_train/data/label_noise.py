# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""How much two labellings of the same images differ, which bounds what any model can be measured to do.

    python -m bgflow_train.data.label_noise --data DIR

compares NYU's own masks of 30 of its validation images with masks that were drawn without looking at those.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bgflow_ros.segmentation.files import user_path
from bgflow_train.data.base import BACKGROUND, FOREGROUND, VOID, Sample
from bgflow_train.data.drawn import DrawnDataset
from bgflow_train.data.folder import FolderDataset
from bgflow_train.data.splits import FOLDERS

__all__ = ["DRAWN_NYU", "Disagreement", "disagreement"]

DRAWN_NYU = Path(__file__).with_name("drawn_nyu")
"""Folder of the drawings; their names are NYU's numbers."""


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
    """Print the disagreement of each image, the largest last, and of all pixels."""
    parser = argparse.ArgumentParser(description="Compare NYU's masks with drawn ones.")
    parser.add_argument("--data", type=user_path, required=True, help="folder that holds nyu/")
    data = parser.parse_args().data
    drawn = DrawnDataset(data, DRAWN_NYU, name="drawn NYU")
    nyu = FolderDataset(data / FOLDERS["nyu"] / "rgb", data / FOLDERS["nyu"] / "mask", drawn.ids, "NYU")
    found = sorted(disagreement(zip(nyu, drawn, strict=True)), key=lambda one: one.share)
    for one in found:
        sides = f"foreground added {one.added:.1%}, removed {one.removed:.1%}"
        print(f"{one.id}: {one.share:.1%} of {one.labelled} pixels, {sides}")
    weights = np.array([one.labelled for one in found])
    added, removed = (np.average(shares, weights=weights) for shares in zip(*(one[1:3] for one in found), strict=True))
    median = np.median([one.share for one in found])
    print(
        f"all {len(found)} images: {added + removed:.1%} of the pixels, foreground added {added:.1%}, removed "
        f"{removed:.1%}; median of the images {median:.1%}"
    )


if __name__ == "__main__":
    main()
