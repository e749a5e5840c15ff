# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Splits of the known data sets into fitting, validation and reported images, as committed in splits.json.

    python -m bgflow_train.data.splits --data DIR    writes splits.json again from the folders of DIR

Purpose of each split:

- `fit`: trains the networks and the densities;
- `validate`: early stopping, all choices between settings, calibration and operating points;
- `fuse`: the logistic regression that fuses the scores (the paper's "fitting dataset");
- `test`: reported, never trained or tuned on; for NYU all images that are not in the official training list, including
  those in the folder that this file does not list;
- `balanced`: the images of NYU's `test` with about as much foreground as background, selected as in the paper;
- `generalization`: a rebuilt version of the paper's set of that name: masks drawn by the project, and reported images.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from bgflow_ros.segmentation.files import user_path, write_atomically
from bgflow_train.data.base import FOREGROUND, VOID, DatasetError
from bgflow_train.data.drawn import DRAWN_GENERALIZATION

__all__ = ["FOLDERS", "NAMES", "Splits", "foreground_share", "group_rooms", "is_balanced", "make_splits", "paper_split"]

PATH = Path(__file__).with_name("splits.json")
FOLDERS = {
    "nyu": "nyu",
    "ade20k_indoor": "rooms/ade20k_indoor",
    "coco_indoor": "rooms/coco_indoor",
    "ade20k_rooms": "rooms/ade20k_rooms",
    "gazebo_house": "rooms/gazebo_aws_house",
    "gazebo_bookstore": "rooms/gazebo_aws_bookstore",
}
NAMES = tuple(FOLDERS)
LONGEST_ROOM = 7
"""Longest run of consecutive training images of NYU that counts as one room, see `group_rooms`."""
FUSE_COCO = 12
"""Number of COCO images that fuse; with the 13 of ade20k_indoor they are the paper's 25. The others validate."""
BALANCED = (0.35, 0.65)
"""Range of the share of foreground among the labelled pixels of a balanced image."""
GENERALIZATION = {"ade20k_rooms": 6, "gazebo_house": 4, "gazebo_bookstore": 3}
"""Number of images beside the 32 drawn ones; together they are the paper's 45. From ade20k_rooms the images with the
most background are taken, from the rendered worlds evenly spaced ones."""
PAPER = {"images": 1449, "selected": 580, "train": 493}
"""Numbers of the paper's random split of NYU: all images, those selected for their balance, those that train."""


@dataclass(frozen=True)
class Splits:
    """Ids by data set and split."""

    sets: dict[str, dict[str, list[str]]]

    @classmethod
    def load(cls) -> Splits:
        """Read splits.json."""
        return cls(json.loads(PATH.read_text()))

    def ids(self, name: str, split: str) -> list[str]:
        """Return the ids of one split.

        Args:
            name: Name of the data set.
            split: Name of the split.

        Raises:
            DatasetError: There is no such split; the message lists the existing ones.
        """
        splits = self.sets[name]
        if split not in splits:
            raise DatasetError(f"{name} has no split {split!r}; it has {', '.join(splits)}")
        return splits[split]


def group_rooms(ids: list[str]) -> list[list[str]]:
    """Group NYU ids into runs of consecutive numbers.

    NYU numbers its images scene by scene, and its official halves share no scene. A run of training numbers between two
    test numbers therefore holds complete scenes: one if the run is short, several if it is long.
    """
    runs: list[list[str]] = []
    for id in sorted(ids):
        if runs and int(runs[-1][-1]) + 1 == int(id):
            runs[-1].append(id)
        else:
            runs.append([id])
    return runs


def foreground_share(mask: npt.NDArray[np.uint8]) -> float:
    """Compute the share of foreground among the labelled pixels of a mask; 0 if there are none."""
    foreground, labelled = int((mask == FOREGROUND).sum()), int((mask != VOID).sum())
    return foreground / max(1, labelled)


def is_balanced(share: float) -> bool:
    """Tell whether an image with this share of foreground has about as much foreground as background."""
    return BALANCED[0] <= share <= BALANCED[1]


def paper_split(shares: Sequence[float], seed: int) -> tuple[list[int], list[int]]:
    """Split at random like the paper: the most balanced images are shuffled, so that a room may be on both sides.

    Args:
        shares: Share of foreground of each image. With fewer than NYU's 1449 images both parts shrink in proportion.
        seed: Seed of the shuffling.

    Returns:
        Indices of the images to train with, and of those to test on.
    """
    selected = round(len(shares) * PAPER["selected"] / PAPER["images"])
    closest = np.argsort(np.abs(np.asarray(shares) - 0.5), kind="stable")[:selected]
    shuffled = np.random.default_rng(seed).permutation(closest).tolist()
    train = round(selected * PAPER["train"] / PAPER["selected"])
    return sorted(shuffled[:train]), sorted(shuffled[train:])


def make_splits(data: Path) -> Splits:
    """Apply the rules of this file to the folders of `data`."""
    stems = {
        name: sorted(path.stem for path in (data / folder / "mask").glob("*.png")) for name, folder in FOLDERS.items()
    }
    train = (data / "nyu/train.txt").read_text().split()
    train = [f"{int(id):04d}" for id in train]
    # Short runs give many rooms for few images: the operating points need rooms, the densities need images.
    validate = [id for run in group_rooms(train) if len(run) <= LONGEST_ROOM for id in run]
    test = sorted(set(stems["nyu"]) - set(train))
    nyu = {
        "fit": sorted(set(train) - set(validate)),
        "validate": validate,
        "test": test,
        "balanced": [id for id in test if is_balanced(_foreground(data / "nyu/mask" / f"{id}.png"))],
    }
    coco = stems["coco_indoor"]
    emptiest = sorted(
        stems["ade20k_rooms"], key=lambda id: _foreground(data / FOLDERS["ade20k_rooms"] / "mask" / f"{id}.png")
    )
    generalization = {
        "drawn": sorted(path.stem for path in DRAWN_GENERALIZATION.glob("*.json")),
        "ade20k_rooms": sorted(emptiest[: GENERALIZATION["ade20k_rooms"]]),
    }
    for name in ("gazebo_house", "gazebo_bookstore"):
        generalization[name] = stems[name][:: -(-len(stems[name]) // GENERALIZATION[name])]
    return Splits(
        {
            "nyu": nyu,
            "ade20k_indoor": {"fuse": stems["ade20k_indoor"]},
            "coco_indoor": {"fuse": coco[:FUSE_COCO], "validate": coco[FUSE_COCO:]},
        }
        | {name: {"test": stems[name]} for name in ("ade20k_rooms", "gazebo_house", "gazebo_bookstore")}
        | {"generalization": generalization}
    )


def _foreground(path: Path) -> float:
    return foreground_share(np.asarray(cv2.imread(str(path), cv2.IMREAD_UNCHANGED), np.uint8))


def main() -> None:
    """Write splits.json."""
    parser = argparse.ArgumentParser(description="Write splits.json again.")
    parser.add_argument("--data", type=user_path, required=True, help="folder that holds nyu/ and rooms/")
    splits = make_splits(parser.parse_args().data)
    lines = []
    for name, sets in splits.sets.items():
        rows = ",\n".join(f"    {json.dumps(split)}: {json.dumps(ids)}" for split, ids in sets.items())
        lines.append(f"  {json.dumps(name)}: {{\n{rows}\n  }}")
    write_atomically(PATH, ("{\n" + ",\n".join(lines) + "\n}\n").encode())
    for name, sets in splits.sets.items():
        print(name, {split: len(ids) for split, ids in sets.items()})


if __name__ == "__main__":
    main()
