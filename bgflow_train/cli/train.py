# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Train the light expert of the default model: NYU's labelled pictures and, with --rooms, rendered ones.

A run that was killed goes on where it was when the same command is given again.
"""

from __future__ import annotations

import argparse

from bgflow_ros.segmentation.errors import UserError
from bgflow_ros.segmentation.files import user_path
from bgflow_ros.tools.cli.arguments import read_sizes
from bgflow_train.cli.sizes import add_sizes
from bgflow_train.training.recipe import PyramidRecipe

GROUP = "make a model"
HELP = "Train the backbone of the default model."
EXTRA = "train"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    default = PyramidRecipe()
    parser.add_argument("--data", type=user_path, required=True, help="folder that holds nyu/")
    parser.add_argument("--out", type=user_path, required=True, help="folder of the expert, for `bgflow fit`")
    parser.add_argument("--rooms", type=user_path, metavar="DIR", help="folder that `bgflow rooms` wrote")
    share = "of a batch's pictures are rendered (%(default)s)"
    parser.add_argument("--rooms-share", type=float, default=0.5, metavar="SHARE", help=share)
    parser.add_argument(
        "--init",
        default=default.init,
        help="first weights: imagenet, random, a file, or an expert's folder to go on from (%(default)s)",
    )
    add_sizes(parser, default)
    parser.add_argument("--steps", type=int, default=default.steps, help="%(default)s")
    parser.add_argument("--batch", type=int, default=default.batch, help="cuts a step (%(default)s)")
    parser.add_argument("--rate", type=float, default=default.rate, help="the encoder's highest (%(default)s)")
    paste = "how often things of another picture are pasted into a cut (%(default)s)"
    parser.add_argument("--paste", type=float, default=default.paste, metavar="SHARE", help=paste)
    strew = "how often shapes of no class are put into a cut (%(default)s)"
    parser.add_argument("--strew", type=float, default=default.strew, metavar="SHARE", help=strew)
    parser.add_argument("--auxiliary", type=float, default=default.auxiliary, help="weight of classes (%(default)s)")
    parser.add_argument("--seed", type=int, default=default.seed, help="%(default)s")


def run(arguments: argparse.Namespace) -> int:
    """Train and print the folder."""
    from bgflow_train.data import DatasetError
    from bgflow_train.data.classes import ClassesDataset
    from bgflow_train.data.registry import open_split, place_of
    from bgflow_train.data.rendered_rooms import open_rooms_classes
    from bgflow_train.data.splits import Splits
    from bgflow_train.networks import EncoderError
    from bgflow_train.training.train_backbone import Source, train_pyramid

    (width, height), crop = read_sizes(arguments, "size", "crop")
    try:
        recipe = PyramidRecipe(
            init=arguments.init,
            width=width,
            height=height,
            crop=crop,
            steps=arguments.steps,
            batch=arguments.batch,
            rate=arguments.rate,
            paste=arguments.paste,
            strew=arguments.strew,
            auxiliary=arguments.auxiliary,
            seed=arguments.seed,
        )
    except ValueError as error:
        raise UserError(str(error)) from error
    if not 0 < arguments.rooms_share < 1:
        raise UserError(f"--rooms-share is {arguments.rooms_share}; expected a number between 0 and 1")
    try:
        ids = Splits.load().ids("nyu", "fit")
        nyu = ClassesDataset(place_of(arguments.data, "nyu"), ids, "nyu/fit")
        sources = [Source(nyu, 1.0)]
        if arguments.rooms is not None:
            rooms = open_rooms_classes(arguments.rooms, "fit")
            sources = [Source(nyu, 1 - arguments.rooms_share), Source(rooms, arguments.rooms_share)]
        train_pyramid(recipe, sources, open_split(arguments.data, "nyu", "validate"), arguments.out)
    except (DatasetError, EncoderError) as error:
        raise UserError(str(error)) from error
    print(arguments.out)
    return 0
