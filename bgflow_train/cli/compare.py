# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Measure fits against each other, on pictures that report nothing: each against the one before it.

Several seeds of a step are given as one argument, separated by commas: `bgflow compare a0,a1,a2 b0,b1,b2 ...`. With
`--alone` there follows each score of each step by itself, against the step that it is of.
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
"""False positive rates at which novel things are looked for."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("fits", nargs="+", metavar="FIT[,FIT]", help="folders that `bgflow fit` wrote, a step each")
    parser.add_argument("--data", type=user_path, required=True, help="folder that holds nyu/ and rooms/")
    parser.add_argument("--rooms", type=user_path, metavar="DIR", help="also rooms that `bgflow rooms` wrote")
    novel = "folder that `bgflow rooms --novel` wrote: what is missed of its things, rendered and pasted into NYU"
    parser.add_argument("--novel", type=user_path, metavar="DIR", help=novel)
    parser.add_argument("--changed", action="store_true", help="also NYU as other cameras would have seen it")
    parser.add_argument("--alone", action="store_true", help="also each fit's scores by themselves, against the fit")
    parser.add_argument("--json", type=user_path, metavar="FILE", help="also write everything")
    parser.add_argument(
        "--cache", type=user_path, default=Path("work/compare"), help="of what has been done (%(default)s)"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the resampling (%(default)s)")


def run(arguments: argparse.Namespace) -> int:
    """Measure and print tables."""
    from bgflow_train.data import DatasetError, IndexedDataset
    from bgflow_train.data.novel import NovelRooms, Pasted
    from bgflow_train.data.other_cameras import CHANGES, Changed
    from bgflow_train.data.registry import open_split
    from bgflow_train.data.rendered_rooms import open_rooms
    from bgflow_train.data.subsets import Joined, spaced
    from bgflow_train.model.fitting import FUSE, VALIDATE, Fitted
    from bgflow_train.studies.comparing import alone, compared, counted, novelty

    try:
        steps = [[Fitted.load(Path(folder)) for folder in step.split(",")] for step in arguments.fits]
        names: list[str] = list(arguments.fits)
        against: list[int | None] = [None, *range(len(steps) - 1)]
        if arguments.alone:
            for place, (name, step) in enumerate(zip(arguments.fits, tuple(steps), strict=True)):
                for score in step[0].recipe.scores:
                    if all(score in fitted.recipe.scores for fitted in step):
                        names.append(f"{name}: {score}")
                        steps.append([alone(fitted, score) for fitted in step])
                        against.append(place)
        nyu = spaced(open_split(arguments.data, "nyu", "validate"), 120)
        photographs = Joined([open_split(arguments.data, *split) for split in (*FUSE, VALIDATE[1])], "photographs")
        sets: list[IndexedDataset] = [nyu, photographs]
        if arguments.rooms is not None:
            sets.append(open_rooms(arguments.rooms, "validate"))
        if arguments.changed:
            sets += [Changed(nyu, change) for change in CHANGES]
        result: dict[str, Any] = {"steps": names, "sets": {}, "novel": {}}
        for dataset in sets:
            counts = [[counted(fitted, dataset, arguments.cache) for fitted in step] for step in steps]
            rows = compared(counts, arguments.seed, against)
            result["sets"][dataset.name] = {"pictures": len(dataset), "sha256": dataset.digest(), "steps": rows}
            print(_table(dataset.name, names, rows))
        if arguments.novel is not None:
            rooms = NovelRooms(arguments.novel)
            for dataset in (rooms, Pasted(nyu, rooms)):
                missed = [[novelty(counted(one, dataset, arguments.cache), RATES) for one in step] for step in steps]
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
