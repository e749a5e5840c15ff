# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Which pictures fit, which validate and which report: decided once, in the committed splits.json.

    python -m bgflow_train.data.splits --data DIR    writes splits.json anew from the folders of DIR

What each split is for:

- `fit`: the densities' background features;
- `validate`: early stopping, every choice between settings, calibration and operating points;
- `fuse`: the logistic regression that fuses the layers (the paper's "fitting dataset");
- `test`: reported, never trained or tuned on; of NYU every picture that the official training list lacks, those that
  the folder holds and this file does not know included;
- `balanced`: those of NYU's `test` with about as much foreground as background, as the paper selects;
- `generalization`: the paper's set of that name, rebuilt: masks that the project draws, and reported pictures of rooms.
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
from bgflow_train.data.generalization import DRAWN

__all__ = ["NAMES", "Splits", "foreground_share", "is_balanced", "paper_split"]

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
"""A run of at most so many consecutive training pictures of NYU counts as one room (see `rooms`)."""
FUSE_COCO = 12
"""With the 13 of ade20k_indoor the paper's 25 fitting pictures; the other COCO pictures validate."""
BALANCED = (0.35, 0.65)
"""Foreground's share of the labelled pixels in a balanced picture."""
GENERALIZATION = {"ade20k_rooms": 6, "gazebo_house": 4, "gazebo_bookstore": 3}
"""With the 32 drawn ones the paper's 45: the photographs with the most background, evenly spaced rendered views."""
PAPER = {"pictures": 1449, "selected": 580, "train": 493}
"""Of NYU the paper selects 580 of 1449 pictures with about as much foreground as background; 493 train."""


@dataclass(frozen=True)
class Splits:
    """Ids by data set and split."""

    sets: dict[str, dict[str, list[str]]]

    @classmethod
    def load(cls) -> Splits:
        """Read the committed file."""
        return cls(json.loads(PATH.read_text()))

    def ids(self, name: str, split: str) -> list[str]:
        """Ids of one split.

        Raises:
            DatasetError: there is no such split; the message lists those that exist.
        """
        splits = self.sets[name]
        if split not in splits:
            raise DatasetError(f"{name} has no split {split!r}; it has {', '.join(splits)}")
        return splits[split]


def group_rooms(ids: list[str]) -> list[list[str]]:
    """Group NYU ids into runs of consecutive numbers.

    NYU numbers its pictures scene by scene, and its official halves share no scene, so a run of training
    numbers between two test numbers holds whole scenes: one where it is short, several where it is long.
    """
    runs: list[list[str]] = []
    for id in sorted(ids):
        if runs and int(runs[-1][-1]) + 1 == int(id):
            runs[-1].append(id)
        else:
            runs.append([id])
    return runs


def foreground_share(mask: npt.NDArray[np.uint8]) -> float:
    """Foreground's share of a mask's labelled pixels; 0 where there are none."""
    foreground, labelled = int((mask == FOREGROUND).sum()), int((mask != VOID).sum())
    return foreground / max(1, labelled)


def is_balanced(share: float) -> bool:
    """Whether a picture with this share of foreground has about as much foreground as background."""
    return BALANCED[0] <= share <= BALANCED[1]


def paper_split(shares: Sequence[float], seed: int) -> tuple[list[int], list[int]]:
    """A random split like the paper's: the pictures closest to balance, shuffled; a room may be on both sides.

    Args:
        shares: of foreground, a picture each. Where not all of NYU's 1449 are there, the parts shrink alike.
        seed: of the shuffling.

    Returns:
        Places of the pictures to train with, and of those to test.
    """
    selected = round(len(shares) * PAPER["selected"] / PAPER["pictures"])
    closest = np.argsort(np.abs(np.asarray(shares) - 0.5), kind="stable")[:selected]
    shuffled = np.random.default_rng(seed).permutation(closest).tolist()
    train = round(selected * PAPER["train"] / PAPER["selected"])
    return sorted(shuffled[:train]), sorted(shuffled[train:])


def make_splits(data: Path) -> Splits:
    """Apply the rules above to the folders of `data`."""
    stems = {
        name: sorted(path.stem for path in (data / folder / "mask").glob("*.png")) for name, folder in FOLDERS.items()
    }
    train = (data / "nyu/train.txt").read_text().split()
    train = [f"{int(id):04d}" for id in train]
    # Short runs give the most rooms for the fewest pictures: the operating points count rooms, the densities pictures.
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
        "drawn": sorted(path.stem for path in DRAWN.glob("*.json")),
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
    parser = argparse.ArgumentParser(description="Write splits.json anew.")
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
