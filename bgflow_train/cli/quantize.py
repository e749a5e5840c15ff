# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Add an int8 graph to a model folder, calibrated on training images, and measure it.

The node selects the int8 graph by itself on processors with VNNI, AVX2 or ARM's dot product.
"""

from __future__ import annotations

import argparse

from bgflow_ros.segmentation.errors import UserError
from bgflow_ros.segmentation.files import user_path
from bgflow_ros.segmentation.model import ModelError

GROUP = "make a model"
HELP = "Add an int8 graph for processors to a model folder."
EXTRA = "train"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("model", type=user_path, help="model folder, changed in place")
    parser.add_argument("--data", type=user_path, required=True, help="folder that holds nyu/ and rooms/")
    parser.add_argument(
        "--keep",
        nargs="*",
        metavar="PART",
        help="convolutions to keep in float32, by a part of the name of their weights",
    )
    parser.add_argument("--notes", type=user_path, help="Markdown file appended to the model card")
    parser.add_argument("--cache", type=user_path, help="folder for the counts of a run that is not finished (MODEL)")


def run(arguments: argparse.Namespace) -> int:
    """Quantise, measure, and print the difference from float32 and the metrics."""
    from bgflow_train.data import DatasetError
    from bgflow_train.export.model_card import metrics_table
    from bgflow_train.export.quantizing import KEEP, add_int8

    keep = KEEP if arguments.keep is None else arguments.keep
    try:
        notes = arguments.notes.read_text() if arguments.notes else ""
        manifest = add_int8(arguments.model, arguments.data, arguments.cache or arguments.model, keep, notes)
    except (DatasetError, ModelError, OSError) as error:
        raise UserError(str(error)) from error
    int8 = manifest.added["int8"]
    found = int8["difference"]
    print(
        f"likelihood differs from float32 by {found['mean']:.4f} on average, {found['percentile99']:.3f} at the 99th "
        f"percentile, {found['largest']:.3f} at most, on {found['pictures']} held-back images"
    )
    for name, metrics in (("float32", manifest.metrics), ("int8", int8["metrics"])):
        print(f"\n{metrics_table(metrics, name)}")
    return 0
