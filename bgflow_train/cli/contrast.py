# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Measure the contrast of a model's logit in rooms and in views without a room, and write the bound to the manifest.

Below the bound, node and tools report that the lens may be covered. `bgflow export` and `bgflow quantize` also measure
it; this command is for models that have no bound yet. It leaves the graphs as they are.
"""

from __future__ import annotations

import argparse

from bgflow_ros.segmentation.errors import UserError
from bgflow_ros.segmentation.files import user_path
from bgflow_ros.segmentation.model import ModelError

GROUP = "make a model"
HELP = "Measure the contrast below which a model sees no room."
EXTRA = "train"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("model", type=user_path, help="model folder, changed in place")
    parser.add_argument("--data", type=user_path, required=True, help="folder that holds nyu/ and rooms/")
    parser.add_argument("--notes", type=user_path, help="Markdown file appended to the model card")


def run(arguments: argparse.Namespace) -> int:
    """Measure, write manifest and card, and print the bound and the number of images below it."""
    from bgflow_train.data import DatasetError
    from bgflow_train.export.model_card import contrast_table
    from bgflow_train.export.reporting import add_contrast

    try:
        notes = arguments.notes.read_text() if arguments.notes else ""
        contrast = add_contrast(arguments.model, arguments.data, notes).added["contrast"]
    except (DatasetError, ModelError, OSError) as error:
        raise UserError(str(error)) from error
    print(f"least contrast of a room: {contrast['least']:.2f}, {contrast['guarantee']}\n\n{contrast_table(contrast)}")
    return 0
