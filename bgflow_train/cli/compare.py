# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Compare fits on validation images, each with the one before it.

Fits of one step with different seeds are given as one argument, separated by commas:
`bgflow compare a0,a1,a2 b0,b1,b2 ...`. With `--alone`, each single score of each step follows, compared with its step.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from bgflow_ros.segmentation.errors import UserError
from bgflow_ros.segmentation.files import user_path, write_atomically

GROUP = "measure"
HELP = "Compare fits with each other on the validation images."
EXTRA = "train"
RATES = (0.05, 0.1, 0.2)
"""False positive rates at which the missed share of novel objects is measured."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument(
        "fits", nargs="+", metavar="FIT[,FIT]", help="folders that `bgflow fit` wrote, one argument per step"
    )
    parser.add_argument("--data", type=user_path, required=True, help="folder that holds nyu/ and rooms/")
    parser.add_argument(
        "--rooms", type=user_path, metavar="DIR", help="also compare on rooms that `bgflow rooms` wrote"
    )
    novel = "folder that `bgflow rooms --novel` wrote: also measure how much of its novel objects is missed"
    parser.add_argument("--novel", type=user_path, metavar="DIR", help=novel)
    parser.add_argument("--changed", action="store_true", help="also compare on NYU as seen by other cameras")
    reported = "also compare on the reported sets, to publish a decision that has been made without them"
    parser.add_argument("--reported", action="store_true", help=reported)
    parser.add_argument("--alone", action="store_true", help="also compare each single score of a fit with the fit")
    parser.add_argument("--json", type=user_path, metavar="FILE", help="also write a full report")
    parser.add_argument(
        "--cache", type=user_path, default=Path("work/compare"), help="folder for counts that are reused (%(default)s)"
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of the resampling (%(default)s)")


def run(arguments: argparse.Namespace) -> int:
    """Compare the fits, print the tables and write the report."""
    from bgflow_train.data import DatasetError, IndexedDataset
    from bgflow_train.data.novel import NovelRooms, PastedObjects
    from bgflow_train.data.other_cameras import CAMERAS, OtherCamera
    from bgflow_train.data.registry import open_split
    from bgflow_train.data.rendered_rooms import open_rooms
    from bgflow_train.data.subsets import Concatenated, evenly_spaced
    from bgflow_train.export.reporting import REPORT
    from bgflow_train.model.fitted import Fitted
    from bgflow_train.model.partition import FUSE, VALIDATE
    from bgflow_train.studies.comparing import CountedFit, alone, compare_steps, count_fit, missed_novel
    from bgflow_train.studies.peers.scores import ALL_SCORES

    try:
        steps = [[Fitted.load(Path(folder), ALL_SCORES) for folder in step.split(",")] for step in arguments.fits]
        names: list[str] = list(arguments.fits)
        against: list[int | None] = [None, *range(len(steps) - 1)]
        if arguments.alone:
            for place, (name, step) in enumerate(zip(arguments.fits, tuple(steps), strict=True)):
                for score in step[0].recipe.scores:
                    if all(score in fitted.recipe.scores for fitted in step):
                        names.append(f"{name}: {score}")
                        steps.append([alone(fitted, score) for fitted in step])
                        against.append(place)
        counted = [[CountedFit(fitted) for fitted in step] for step in steps]
        nyu = evenly_spaced(open_split(arguments.data, "nyu", "validate"), 120)
        photographs = Concatenated(
            [open_split(arguments.data, *split) for split in (*FUSE, VALIDATE[1])], "photographs"
        )
        sets: list[IndexedDataset] = [nyu, photographs]
        if arguments.rooms is not None:
            sets.append(open_rooms(arguments.rooms, "validate"))
        if arguments.changed:
            sets += [OtherCamera(nyu, camera) for camera in CAMERAS]
        if arguments.reported:
            sets += [open_split(arguments.data, *split) for split in REPORT]
        result: dict[str, Any] = {"steps": names, "sets": {}, "novel": {}}
        for dataset in sets:
            counts = [[count_fit(fit, dataset, arguments.cache) for fit in step] for step in counted]
            rows = compare_steps(counts, arguments.seed, against)
            result["sets"][dataset.name] = {"pictures": len(dataset), "sha256": dataset.digest(), "steps": rows}
            print(_table(dataset.name, names, rows))
        if arguments.novel is not None:
            rooms = NovelRooms(arguments.novel)
            for dataset in (rooms, PastedObjects(nyu, rooms)):
                counts = [[count_fit(fit, dataset, arguments.cache) for fit in step] for step in counted]
                missed = [[missed_novel(one, RATES) for one in step] for step in counts]
                result["novel"][dataset.name] = {"pictures": len(dataset), "sha256": dataset.digest(), "steps": missed}
                print(_missed(dataset.name, names, missed))
    except DatasetError as error:
        raise UserError(str(error)) from error
    if arguments.json:
        write_atomically(arguments.json, (json.dumps(result, indent=1) + "\n").encode())
    return 0


def _table(name: str, steps: list[str], rows: list[dict[str, Any]]) -> str:
    lines = [f"\n{name}\n", "| step | AUROC | AP | FPR95 | gain in AUROC (95 %) |", "| --- | --- | --- | --- | --- |"]
    for step, row in zip(steps, rows, strict=True):
        numbers, spread = row["metrics"], row["spread"]["auroc"]
        gain = "" if row["gain"] is None else "{:+.4f} ({:+.4f} to {:+.4f})".format(*row["gain"]["auroc"])
        lines.append(
            f"| {step} | {numbers['auroc']:.4f} +- {spread:.4f} | {100 * numbers['ap']:.1f} | "
            f"{100 * numbers['fpr95']:.1f} | {gain} |"
        )
    return "\n".join(lines)


def _missed(name: str, steps: list[str], missed: list[list[dict[str, float]]]) -> str:
    rates = list(missed[0][0])
    head = " | ".join(f"missed at {100 * float(rate):g} % false" for rate in rates)
    lines = [f"\n{name}\n", f"| step | {head} |", "| --- |" + " --- |" * len(rates)]
    for step, seeds in zip(steps, missed, strict=True):
        means = (sum(seed[rate] for seed in seeds) / len(seeds) for rate in rates)
        lines.append(f"| {step} | " + " | ".join(f"{100 * mean:.1f} %" for mean in means) + " |")
    return "\n".join(lines)
