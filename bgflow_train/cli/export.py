# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Export a fit to a model folder: calibration, ONNX graph, operating points, metrics, manifest and model card."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from bgflow_ros.segmentation.errors import UserError
from bgflow_ros.segmentation.files import user_path
from bgflow_ros.segmentation.model import ModelError
from bgflow_train.cli.images import add_unseen_rooms
from bgflow_train.studies.paper.columns import BY_NAME, KINDS, SIZES

if TYPE_CHECKING:
    from bgflow_train.model.fitted import Fitted

GROUP = "make a model"
HELP = "Turn a fit into a model folder."
EXTRA = "train"
DENSITIES = tuple(kind for kind in KINDS if kind != "knn")
"""Kinds of densities that can become part of a graph: kNN searches stored descriptors."""
FUSIONS = ("ensemble", "minimum", "maximum")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    names = ", ".join(BY_NAME)
    parser.add_argument("fit", help=f"folder that `bgflow fit` wrote, or a column of `bgflow reproduce`: {names}")
    parser.add_argument("--data", type=user_path, required=True, help="folder that holds nyu/ and rooms/")
    parser.add_argument("--out", type=user_path, required=True, help="the model folder; its name becomes the model's")
    add_unseen_rooms(parser)
    parser.add_argument("--cache", type=user_path, help="folder for the counts of a run that is not finished (FIT)")
    parser.add_argument("--notes", type=user_path, help="Markdown file appended to the model card")
    column = parser.add_argument_group("of a column, which is fitted first if `bgflow reproduce` has not done so")
    column.add_argument("--density", choices=DENSITIES, default="flow", help="kind of density (%(default)s)")
    column.add_argument("--fusion", choices=FUSIONS, default="ensemble", help="strategy of fusion (%(default)s)")
    column.add_argument("--size", choices=SIZES, default="cpu", help="as for `bgflow reproduce` (%(default)s)")
    column.add_argument("--work", type=user_path, default=Path("work/paper"), help="as for reproduce (%(default)s)")
    column.add_argument("--encoder-weights", metavar="FILE", help="initial weights of its encoder, as for reproduce")
    column.add_argument("--ade20k", type=user_path, metavar="DIR", help="as for `bgflow reproduce`")
    column.add_argument("--seed", type=int, default=0, help="as for `bgflow reproduce` (%(default)s)")


def run(arguments: argparse.Namespace) -> int:
    """Export, and print the path of the model card."""
    from bgflow_train.data import DatasetError
    from bgflow_train.export.exporting import export
    from bgflow_train.networks import EncoderError

    try:
        notes = arguments.notes.read_text() if arguments.notes else ""
        fitted, folder = _fitted(arguments)
        export(fitted, arguments.data, arguments.out, arguments.cache or folder, notes, arguments.unseen_rooms)
    except (DatasetError, EncoderError, ModelError, OSError) as error:
        raise UserError(str(error)) from error
    print(arguments.out / "README.md")
    return 0


def _fitted(arguments: argparse.Namespace) -> tuple[Fitted, Path]:
    """Read a fit or fit a column; return it with the folder of its intermediate results."""
    from bgflow_train.model.fitted import Fitted
    from bgflow_train.studies.paper.column_model import column_model
    from bgflow_train.studies.paper.running import Setting
    from bgflow_train.studies.peers.scores import ALL_SCORES

    if arguments.fit in BY_NAME:
        column, brought = BY_NAME[arguments.fit], arguments.encoder_weights
        setting = Setting(
            arguments.data,
            arguments.work,
            SIZES[arguments.size],
            seed=arguments.seed,
            ade20k=arguments.ade20k,
            brought={} if brought is None else {column.name: brought},
        )
        return column_model(column, setting, arguments.density, arguments.fusion), arguments.work
    folder = user_path(arguments.fit)
    return Fitted.load(folder, ALL_SCORES), folder
