# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Train the backbone of the default model on NYU's labelled images and, with --rooms, on rendered ones.

After a kill, the same command continues where the run was.
"""

from __future__ import annotations

import argparse
from functools import partial

from bgflow_ros.segmentation.errors import UserError
from bgflow_ros.segmentation.files import user_path
from bgflow_ros.segmentation.model import ModelError
from bgflow_ros.tools.cli.arguments import read_sizes
from bgflow_train.cli.images import add_photographs_share, check_photographs_share
from bgflow_train.cli.sizes import add_sizes
from bgflow_train.training.recipe import BackboneRecipe

GROUP = "make a model"
HELP = "Train the backbone of the default model."
EXTRA = "train"
ENCODERS = tuple(f"efficientnet_lite{number}" for number in range(3))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    default = BackboneRecipe()
    parser.add_argument("--data", type=user_path, required=True, help="folder that holds nyu/")
    parser.add_argument("--out", type=user_path, required=True, help="folder of the backbone, for `bgflow fit`")
    parser.add_argument("--rooms", type=user_path, metavar="DIR", help="folder that `bgflow rooms` wrote")
    share = "share of rendered images in a batch (%(default)s)"
    parser.add_argument("--rooms-share", type=float, default=0.5, metavar="SHARE", help=share)
    parser.add_argument(
        "--init",
        default=default.init,
        help="initial weights: imagenet, random, a file, or the folder of another backbone or model (%(default)s)",
    )
    encoder = "network of the encoder: %(choices)s (%(default)s)"
    parser.add_argument("--encoder", choices=ENCODERS, default=default.encoder, help=encoder)
    add_sizes(parser, default)
    parser.add_argument("--steps", type=int, default=default.steps, help="number of steps (%(default)s)")
    parser.add_argument("--batch", type=int, default=default.batch, help="crops per step (%(default)s)")
    parser.add_argument(
        "--rate", type=float, default=default.rate, help="highest learning rate of the encoder (%(default)s)"
    )
    paste = "probability that objects of another image are pasted into a crop (%(default)s)"
    parser.add_argument("--paste", type=float, default=default.paste, metavar="P", help=paste)
    strew = "probability that random shapes of no class are added to a crop (%(default)s)"
    parser.add_argument("--strew", type=float, default=default.strew, metavar="P", help=strew)
    mix = "share of the trained weights in the result; the rest are the initial ones, those of a backbone (%(default)s)"
    parser.add_argument("--mix", type=float, default=default.mix, metavar="SHARE", help=mix)
    parser.add_argument("--auxiliary", type=float, default=default.auxiliary, help="weight of class loss (%(default)s)")
    flows = "weight of the loss of hybrid flows that are trained with the backbone (%(default)s)"
    parser.add_argument("--flows", type=float, default=default.flows, metavar="W", help=flows)
    add_photographs_share(parser)
    fold = "train also on validation images, with --photographs-share on more photographs, but on none of fold K of N"
    parser.add_argument("--fold", metavar="K/N", help=fold)
    parser.add_argument("--seed", type=int, default=default.seed, help="seed of everything random (%(default)s)")


def run(arguments: argparse.Namespace) -> int:
    """Train, and print the folder of the backbone."""
    from bgflow_train.data import DatasetError
    from bgflow_train.data.folds import Fold
    from bgflow_train.data.registry import open_fold, open_split
    from bgflow_train.model.joint_flows import JointFlows
    from bgflow_train.networks import EncoderError
    from bgflow_train.training.crops import open_sources
    from bgflow_train.training.train_backbone import train_backbone

    (width, height), crop = read_sizes(arguments, "size", "crop")
    try:
        recipe = BackboneRecipe(
            encoder=arguments.encoder,
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
            flows=arguments.flows,
            mix=arguments.mix,
            seed=arguments.seed,
        )
        fold = None if arguments.fold is None else Fold.parse(arguments.fold)
    except ValueError as error:
        raise UserError(str(error)) from error
    if not 0 < arguments.rooms_share < 1:
        raise UserError(f"--rooms-share is {arguments.rooms_share}; expected a number above 0 and below 1")
    check_photographs_share(arguments)
    try:
        shares = arguments.rooms_share, arguments.photographs_share
        sources = open_sources(arguments.data, arguments.rooms, *shares, fold)
        if fold is None:
            validation = open_split(arguments.data, "nyu", "validate")
        else:
            validation = open_fold(arguments.data, "nyu", fold, held_out=True)
        train_backbone(recipe, sources, validation, arguments.out, partial(JointFlows, seed=recipe.seed), fold)
    except (DatasetError, EncoderError, ModelError) as error:
        raise UserError(str(error)) from error
    print(arguments.out)
    return 0
