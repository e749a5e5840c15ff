# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Fit the default model's densities and fusion on a trained backbone.

After a kill, the same command continues where the run was.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from bgflow_ros.segmentation.errors import UserError
from bgflow_ros.segmentation.files import user_path
from bgflow_ros.segmentation.model import ModelError
from bgflow_ros.tools.cli.arguments import read_sizes
from bgflow_train.cli.images import add_photographs_share, check_photographs_share
from bgflow_train.training.recipe import Recipe

GROUP = "make a model"
HELP = "Fit densities and fusion on a trained backbone."
EXTRA = "train"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    default = Recipe()
    backbone = (
        "folder that `bgflow train` wrote, or a model folder; the weights of several that were trained from the same "
        "one are averaged; if each holds out another fold, the fusion is cross-fitted"
    )
    parser.add_argument("--backbone", required=True, metavar="DIR[,DIR]", help=backbone)
    parser.add_argument("--data", type=user_path, required=True, help="folder that holds nyu/ and rooms/")
    parser.add_argument("--rooms", type=user_path, metavar="DIR", help="folder that `bgflow rooms` wrote")
    parser.add_argument("--out", type=user_path, required=True, help="folder of the fit, for `bgflow export`")
    parser.add_argument(
        "--empty",
        type=user_path,
        action="append",
        default=[],
        metavar="PATH",
        help="also fit the densities to empty rooms, which need no labels: a folder of images, a video or a bag",
    )
    every = "use every N-th frame of videos and bags of empty rooms (%(default)s)"
    parser.add_argument("--every", type=int, default=15, metavar="N", help=every)
    scores = (
        "scores to fuse, `hybrid7` or `head` first: classes, room, lraspp, and hybrid, latent, gaussian, mixture, "
        "flow, spline, ratio, knn, patchcore, padim, context or another that doc/training.md lists, with the number of "
        "a layer (%(default)s)"
    )
    parser.add_argument("--scores", default=",".join(default.scores), metavar="NAME,NAME", help=scores)
    size = f"{default.width}x{default.height}"
    parser.add_argument("--size", default=size, metavar="WxH", help="size of the network's input (%(default)s)")
    cells = "maximum number of descriptors per layer (%(default)s)"
    parser.add_argument("--cells", type=int, default=default.cells, help=cells)
    add_photographs_share(parser)
    parser.add_argument("--seed", type=int, default=default.seed, help="seed of everything random (%(default)s)")


def run(arguments: argparse.Namespace) -> int:
    """Fit, and print the densities' NLL, the AUROC across domains and the weights of the fusion."""
    from bgflow_train.data import DatasetError, EmptyRooms
    from bgflow_train.model.fitting import fit
    from bgflow_train.model.scores import ScoreError
    from bgflow_train.networks import EncoderError
    from bgflow_train.studies.peers.scores import ALL_SCORES

    [(width, height)] = read_sizes(arguments, "size")
    try:
        recipe = Recipe(
            scores=tuple(arguments.scores.split(",")),
            width=width,
            height=height,
            cells=arguments.cells,
            seed=arguments.seed,
        )
    except ValueError as error:
        raise UserError(str(error)) from error
    check_photographs_share(arguments)
    try:
        empty = [EmptyRooms(path, every=arguments.every) for path in arguments.empty]
        backbones = [Path(folder) for folder in arguments.backbone.split(",")]
        folders = arguments.data, arguments.rooms, arguments.out
        fitted = fit(recipe, backbones, *folders, empty, ALL_SCORES, arguments.photographs_share)
    except (DatasetError, EncoderError, ModelError, ScoreError) as error:
        raise UserError(str(error)) from error
    for layer in fitted.record["layers"]:
        print(f"{layer['score']}: {layer['nll']}")
    for name, auroc in fitted.record["auroc_of_the_blend_of_the_others"].items():
        print(f"AUROC on cells of {name}, fusion fitted to the others: {auroc:.4f}")
    fusion = fitted.record["blend"]
    weights = ", ".join(f"{name} {weight:.3f}" for name, weight in zip(recipe.scores, fusion["weight"], strict=True))
    print(f"weights {weights}, {recipe.scores[0]} x confidence {fusion['confidence']:.3f}, bias {fusion['bias']:.3f}")
    return 0
