# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
r"""Train the paper's expert network (an FCN): on NYU's background and foreground, or with --ade20k for scene parsing.

The paper's three weight sets:

  (i)   nyu       bgflow expert --encoder vgg16_bn --data DATA --out work/vgg16-nyu
  (ii)  imagenet  bgflow expert --encoder vgg16 --frozen --data DATA --out work/vgg16-imagenet
  (iii) ade20k    bgflow expert --encoder vgg16 --ade20k ADEChallengeData2016 --out work/vgg16-parsing
                  bgflow expert --encoder vgg16 --init work/vgg16-parsing/expert.safetensors --frozen --data DATA \
                                --out work/vgg16-ade20k

After a kill, the same command continues where the run was.
"""

from __future__ import annotations

import argparse

from bgflow_ros.segmentation.errors import UserError
from bgflow_ros.segmentation.files import user_path
from bgflow_ros.tools.cli.arguments import read_sizes
from bgflow_train.cli.sizes import add_sizes
from bgflow_train.data.ade20k import PARSING_CLASSES
from bgflow_train.training.recipe import ExpertRecipe

GROUP = "make a model"
HELP = "Train the paper's expert network, an FCN."
EXTRA = "train"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    default = ExpertRecipe()
    data = parser.add_mutually_exclusive_group(required=True)
    data.add_argument("--data", type=user_path, help="folder that holds nyu/: background against foreground")
    data.add_argument("--ade20k", type=user_path, metavar="DIR", help="ADEChallengeData2016: parsing into 150 classes")
    parser.add_argument("--out", type=user_path, required=True, help="folder of the expert")
    parser.add_argument("--encoder", default=default.encoder, help="name of the encoder (%(default)s)")
    parser.add_argument(
        "--init", default=default.init, help="initial weights of the encoder: imagenet, random or a file (%(default)s)"
    )
    parser.add_argument("--frozen", action="store_true", help="train only the decoder")
    add_sizes(parser, default)
    parser.add_argument("--epochs", type=int, default=default.epochs, help="number of epochs (%(default)s)")
    parser.add_argument("--batch", type=int, default=default.batch, help="crops per step (%(default)s)")
    parser.add_argument("--rate", type=float, default=default.rate, help="initial learning rate of Adam (%(default)s)")
    parser.add_argument("--seed", type=int, default=default.seed, help="seed of everything random (%(default)s)")


def run(arguments: argparse.Namespace) -> int:
    """Train, and print the folder of the expert."""
    from bgflow_train.data import DatasetError
    from bgflow_train.data.registry import open_ade20k_parsing, open_split
    from bgflow_train.networks import EncoderError
    from bgflow_train.training.train_expert import train_expert

    (width, height), crop = read_sizes(arguments, "size", "crop")
    try:
        recipe = ExpertRecipe(
            encoder=arguments.encoder,
            init=arguments.init,
            frozen=arguments.frozen,
            classes=2 if arguments.ade20k is None else PARSING_CLASSES,
            width=width,
            height=height,
            crop=crop,
            epochs=arguments.epochs,
            batch=arguments.batch,
            rate=arguments.rate,
            seed=arguments.seed,
        )
    except ValueError as error:
        raise UserError(str(error)) from error
    try:
        if arguments.ade20k is None:
            train, validation = (open_split(arguments.data, "nyu", split) for split in ("fit", "validate"))
            train_expert(recipe, train, validation, arguments.out)
        else:
            train_expert(recipe, *open_ade20k_parsing(arguments.ade20k), arguments.out)
    except (DatasetError, EncoderError) as error:
        raise UserError(str(error)) from error
    print(arguments.out)
    return 0
