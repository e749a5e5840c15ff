# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Measure a model on labelled images: AUROC, AP, AR, FPR95 and pi, pooled over all pixels, with foreground positive.

Images and masks (0 background, 1 foreground, 255 void) are paired by stem. After a kill, the same command continues
where the run was.
"""

from __future__ import annotations

import argparse
import json
from typing import Any

from bgflow_ros.segmentation.errors import UserError
from bgflow_ros.segmentation.files import cache, user_path, write_atomically
from bgflow_ros.segmentation.model import Model, ModelError
from bgflow_ros.segmentation.runtime import DEVICES, PRECISIONS, DeviceError
from bgflow_ros.segmentation.segmenter import Segmenter
from bgflow_ros.tools.cli.arguments import add_max_graph

GROUP = "measure"
HELP = "Measure the accuracy of a model on labelled images."
EXTRA = "train"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("model", help="model folder or name of a packaged model")
    add_max_graph(parser)
    parser.add_argument("--images", type=user_path, metavar="DIR", help="folder of images")
    parser.add_argument("--masks", type=user_path, metavar="DIR", help="folder of masks")
    parser.add_argument(
        "--dataset", metavar="NAME:DIR", help="a known data set of splits.json, instead of --images and --masks"
    )
    parser.add_argument("--split", default="test", help="split of the known data set (%(default)s)")
    parser.add_argument(
        "--json", type=user_path, metavar="FILE", help="also write a full report with intervals and hashes"
    )
    parser.add_argument(
        "--sheet", type=user_path, metavar="FILE", help="also draw the best, median and worst images (.png)"
    )
    classes = "folder of labels with NYU's 40 classes (.png, 0 for void): also report on each class"
    parser.add_argument("--classes", type=user_path, metavar="DIR", help=classes)
    parser.add_argument(
        "--cache",
        type=user_path,
        help="folder for the counts of an unfinished run (bgflow in XDG_CACHE_HOME, or in ~/.cache)",
    )
    parser.add_argument("--device", choices=DEVICES, default="auto", help="device (%(default)s)")
    parser.add_argument("--precision", choices=PRECISIONS, default="float32", help="number format (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the resampling behind the intervals (%(default)s)")


def run(arguments: argparse.Namespace) -> int:
    """Measure the model, print its tables and write its report."""
    from bgflow_train.data import DatasetError, FolderDataset, IndexedDataset
    from bgflow_train.data.registry import open_dataset
    from bgflow_train.evaluation.evaluation import evaluate
    from bgflow_train.export.model_card import metrics_table

    folders = arguments.images is not None and arguments.masks is not None
    if folders == (arguments.dataset is not None) or (arguments.images is None) != (arguments.masks is None):
        raise UserError("give either --images DIR --masks DIR or --dataset NAME:DIR")
    try:
        if folders:
            dataset: IndexedDataset = FolderDataset(arguments.images, arguments.masks, name=arguments.images.name)
        else:
            dataset = open_dataset(arguments.dataset, arguments.split)
        model = Model.load(arguments.model, arguments.largest)
        segmenter = Segmenter(model, arguments.device, precision=arguments.precision)
        unfinished = arguments.cache or cache()
        result = evaluate(segmenter, dataset, unfinished, arguments.seed, arguments.sheet, arguments.classes)
    except (DatasetError, ModelError, DeviceError, OSError) as error:
        raise UserError(str(error)) from error
    print(metrics_table({dataset.name: result}))
    print(_borders_table(result["borders"]))
    if arguments.classes:
        print(_classes_table(result["classes"]))
    if arguments.json:
        write_atomically(arguments.json, (json.dumps(result, indent=1) + "\n").encode())
    return 0


def _borders_table(borders: dict[str, Any]) -> str:
    lines = ["\n| pixels | AUROC | wrong in the foreground mask |", "| --- | --- | --- |"]
    for place, pixels in (("near", "within 1 % of the width of a border"), ("away", "elsewhere")):
        numbers = borders[place]
        auroc = "-" if numbers["auroc"] is None else f"{numbers['auroc']:.3f}"
        wrong = "-" if numbers["wrong"] is None else f"{100 * numbers['wrong']:.1f} %"
        lines.append(f"| {pixels} | {auroc} | {wrong} |")
    return "\n".join(lines)


def _classes_table(classes: dict[str, Any]) -> str:
    lines = []
    for kind, share in (("foreground", "found"), ("background", "taken for foreground")):
        lines += [f"\n| {kind} | {share} | pixels | images |", "| --- | --- | --- | --- |"]
        for name, row in classes[kind].items():
            lines.append(f"| {name} | {100 * row['share']:.1f} % | {row['pixels']} | {row['pictures']} |")
    return "\n".join(lines)
