# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Measure how much a model tells apart in rooms, and in views that show none, and write the bound into its manifest.

Below it node and tools say that the lens may be covered. `bgflow export` and `bgflow quantize` do the same by
themselves; this is for a model that has no bound yet. Its graphs stay as they are.
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
    parser.add_argument("--notes", type=user_path, help="Markdown file to end the model card with")


def run(arguments: argparse.Namespace) -> int:
    """Measure, write, and print the bound with what is below it."""
    from bgflow_train.data import DatasetError
    from bgflow_train.export.exporting import add_contrast
    from bgflow_train.export.model_card import contrast_table

    try:
        notes = arguments.notes.read_text() if arguments.notes else ""
        contrast = add_contrast(arguments.model, arguments.data, notes)["contrast"]
    except (DatasetError, ModelError, OSError) as error:
        raise UserError(str(error)) from error
    print(f"least contrast of a room: {contrast['least']:.2f}, {contrast['guarantee']}\n\n{contrast_table(contrast)}")
    return 0
