# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Choose the thresholds of a model's masks anew, with a guarantee over rooms that no training has seen.

`bgflow export` chooses them as well; this command is for other rooms than it had. It leaves the graphs as they are, and
measures the masks on the reported sets again. After a kill, the same command continues where the run was.
"""

from __future__ import annotations

import argparse

from bgflow_ros.segmentation.errors import UserError
from bgflow_ros.segmentation.files import user_path
from bgflow_ros.segmentation.model import ModelError
from bgflow_train.cli.images import add_unseen_rooms

GROUP = "make a model"
HELP = "Choose the thresholds of a model's masks."
EXTRA = "train"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("model", type=user_path, help="model folder, changed in place")
    parser.add_argument("--data", type=user_path, required=True, help="folder that holds nyu/ and rooms/")
    add_unseen_rooms(parser)
    parser.add_argument("--cache", type=user_path, help="folder for the counts of a run that is not finished (MODEL)")
    parser.add_argument("--notes", type=user_path, help="Markdown file appended to the model card")


def run(arguments: argparse.Namespace) -> int:
    """Choose, write manifest and card, and print the thresholds with their guarantees."""
    from bgflow_train.data import DatasetError
    from bgflow_train.export.thresholds import set_thresholds

    try:
        notes = arguments.notes.read_text() if arguments.notes else ""
        cache = arguments.cache or arguments.model
        manifest = set_thresholds(arguments.model, arguments.data, arguments.unseen_rooms, cache, notes)
    except (DatasetError, ModelError, OSError) as error:
        raise UserError(str(error)) from error
    for mask, point in manifest.thresholds.items():
        print(f"{mask}: likelihood {point['likelihood']:.3f}, {point['guarantee']}")
    return 0
