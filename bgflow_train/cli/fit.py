# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Fit the default model's densities and fusion on a trained expert.

A run that was killed goes on where it was when the same command is given again.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from bgflow_ros.segmentation.errors import UserError
from bgflow_ros.segmentation.files import user_path
from bgflow_ros.tools.cli.arguments import read_sizes
from bgflow_train.training.recipe import Recipe

GROUP = "make a model"
HELP = "Fit densities and fusion on a trained backbone."
EXTRA = "train"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    default = Recipe()
    expert = "folder that `bgflow train` wrote; of several that went on from one, the mean of the weights is taken"
    parser.add_argument("--expert", required=True, metavar="DIR[,DIR]", help=expert)
    parser.add_argument("--data", type=user_path, required=True, help="folder that holds nyu/ and rooms/")
    parser.add_argument("--rooms", type=user_path, metavar="DIR", help="folder that `bgflow rooms` wrote")
    parser.add_argument("--out", type=user_path, required=True, help="folder of the fit, for `bgflow export`")
    parser.add_argument(
        "--empty",
        type=user_path,
        action="append",
        default=[],
        metavar="PATH",
        help="also fit the densities to empty rooms, which need no labels: a folder of pictures, a video or a bag",
    )
    every = "each N-th frame of videos and bags of empty rooms (%(default)s)"
    parser.add_argument("--every", type=int, default=15, metavar="N", help=every)
    scores = (
        "what the fusion sees, `head` first: classes, room, lraspp, and gaussian, mixture, flow, ratio, knn, "
        "patchcore, padim or context with a layer (%(default)s)"
    )
    parser.add_argument("--scores", default=",".join(default.scores), metavar="NAME,NAME", help=scores)
    veto = "the density that may overrule the fusion, or none (%(default)s)"
    parser.add_argument("--veto", default=default.veto or "none", metavar="NAME", help=veto)
    size = f"{default.width}x{default.height}"
    parser.add_argument("--size", default=size, metavar="WxH", help="the network's input (%(default)s)")
    parser.add_argument("--cells", type=int, default=default.cells, help="descriptors a layer at most (%(default)s)")
    parser.add_argument("--seed", type=int, default=default.seed, help="%(default)s")


def run(arguments: argparse.Namespace) -> int:
    """Fit and say what came out."""
    from bgflow_train.data import DatasetError, EmptyRooms
    from bgflow_train.model.fitting import fit
    from bgflow_train.model.scores import ScoreError
    from bgflow_train.networks import EncoderError

    [(width, height)] = read_sizes(arguments, "size")
    try:
        recipe = Recipe(
            scores=tuple(arguments.scores.split(",")),
            veto=None if arguments.veto == "none" else arguments.veto,
            width=width,
            height=height,
            cells=arguments.cells,
            seed=arguments.seed,
        )
    except ValueError as error:
        raise UserError(str(error)) from error
    try:
        empty = [EmptyRooms(path, every=arguments.every) for path in arguments.empty]
        experts = [Path(folder) for folder in arguments.expert.split(",")]
        fitted = fit(recipe, experts, arguments.data, arguments.rooms, arguments.out, empty)
    except (DatasetError, EncoderError, ScoreError) as error:
        raise UserError(str(error)) from error
    for layer in fitted.record["layers"]:
        print(f"{layer['score']}: {layer['nll']}")
    for name, auroc in fitted.record["auroc_of_the_blend_of_the_others"].items():
        print(f"AUROC on cells of {name}, fusion fitted to the others: {auroc:.4f}")
    weights = ", ".join(f"{name} {weight:.3f}" for name, weight in zip(recipe.scores, fitted.blend.weight, strict=True))
    print(f"weights {weights}, head x confidence {fitted.blend.confidence:.3f}, bias {fitted.blend.bias:.3f}")
    return 0
