# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Export a fit to a model folder: calibration, ONNX graph, operating points, metrics, manifest and model card."""

from __future__ import annotations

import argparse

from bgflow_ros.segmentation.errors import UserError
from bgflow_ros.segmentation.files import user_path
from bgflow_ros.segmentation.model import ModelError

GROUP = "make a model"
HELP = "Turn a fit into a model folder."
EXTRA = "train"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("fit", type=user_path, help="folder that `bgflow fit` wrote")
    parser.add_argument("--data", type=user_path, required=True, help="folder that holds nyu/ and rooms/")
    parser.add_argument("--out", type=user_path, required=True, help="the model folder; its name becomes the model's")
    parser.add_argument("--cache", type=user_path, help="folder for the counts of a run that is not finished (FIT)")
    parser.add_argument("--notes", type=user_path, help="Markdown file appended to the model card")


def run(arguments: argparse.Namespace) -> int:
    """Export, and print the path of the model card."""
    from bgflow_train.data import DatasetError
    from bgflow_train.export.exporting import export
    from bgflow_train.model.fitting import Fitted
    from bgflow_train.networks import EncoderError
    from bgflow_train.studies.peers.scores import ALL_SCORES

    try:
        notes = arguments.notes.read_text() if arguments.notes else ""
        cache = arguments.cache or arguments.fit
        export(Fitted.load(arguments.fit, ALL_SCORES), arguments.data, arguments.out, cache, notes)
    except (DatasetError, EncoderError, ModelError, OSError) as error:
        raise UserError(str(error)) from error
    print(arguments.out / "README.md")
    return 0
