# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Give a model folder an int8 graph beside its float32 one, calibrated on training pictures, and measure it.

On processors with VNNI or ARM's dot product the node takes it by itself.
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
        "--keep", nargs="*", metavar="PART", help="convolutions to leave in float32, by part of their weight's name"
    )
    parser.add_argument("--notes", type=user_path, help="Markdown file to end the model card with")
    parser.add_argument("--cache", type=user_path, help="folder for what a killed run has done (MODEL)")


def run(arguments: argparse.Namespace) -> int:
    """Quantise, measure, and print the difference and the metrics."""
    from bgflow_train.data import DatasetError
    from bgflow_train.export.model_card import metrics_table
    from bgflow_train.export.quantizing import KEEP, add_int8

    keep = KEEP if arguments.keep is None else arguments.keep
    try:
        notes = arguments.notes.read_text() if arguments.notes else ""
        manifest = add_int8(arguments.model, arguments.data, arguments.cache or arguments.model, keep, notes)
    except (DatasetError, ModelError, OSError) as error:
        raise UserError(str(error)) from error
    found = manifest["int8"]["difference"]
    print(
        f"likelihood differs from float32 by {found['mean']:.4f} in the mean, {found['percentile99']:.3f} at the 99th "
        f"percentile, {found['largest']:.3f} at most, on {found['pictures']} held-back pictures"
    )
    for name, metrics in (("float32", manifest["metrics"]), ("int8", manifest["int8"]["metrics"])):
        print(f"\n{metrics_table(metrics, name)}")
    return 0
