# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Fit densities and their fusion: features of background cells, whitening, one Real NVP a layer, logistic regression.

Which pictures fit, validate and fuse stands in splits.json. A run that was killed goes on where it was when the same
command is given again.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from bgflow_ros.cli.errors import UserError
from bgflow_train.recipe import Recipe

HELP = "fit a model's densities to labelled pictures"
EXTRA = "train"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("--data", type=Path, required=True, help="folder that holds nyu/ and rooms/")
    parser.add_argument("--out", type=Path, required=True, help="folder of the fit, for `bgflow export`")
    parser.add_argument("--cache", type=Path, help="folder for features (OUT/features)")
    parser.add_argument(
        "--empty",
        type=Path,
        action="append",
        default=[],
        metavar="PATH",
        help="also fit the densities to empty rooms, which need no labels: a folder of pictures, a video or a bag",
    )
    every = "each N-th frame of videos and bags of empty rooms (%(default)s)"
    parser.add_argument("--every", type=int, default=15, metavar="N", help=every)
    default = Recipe()
    hidden = ",".join(map(str, default.hidden))
    parser.add_argument("--encoder", default=default.encoder, help="%(default)s")
    parser.add_argument(
        "--size", default=f"{default.width}x{default.height}", metavar="WxH", help="the network's input (%(default)s)"
    )
    parser.add_argument("--couplings", type=int, default=default.couplings, help="length of each flow (%(default)s)")
    parser.add_argument("--hidden", default=hidden, metavar="N,N,N", help="width of each layer's nets (%(default)s)")
    parser.add_argument("--cells", type=int, default=default.cells, help="descriptors a layer at most (%(default)s)")
    parser.add_argument("--epochs", type=int, default=default.epochs, help="at most (%(default)s)")
    parser.add_argument("--seed", type=int, default=default.seed, help="%(default)s")


def run(arguments: argparse.Namespace) -> int:
    """Fit and say what came out."""
    from bgflow_train.datasets import DatasetError, EmptyRooms
    from bgflow_train.encoders import EncoderError
    from bgflow_train.fitting import fit

    try:
        width, height = (int(part) for part in arguments.size.split("x"))
        hidden = tuple(int(part) for part in arguments.hidden.split(","))
    except ValueError as error:
        raise UserError(
            f"--size is {arguments.size!r}, --hidden {arguments.hidden!r}; expected WxH and N,N,N"
        ) from error
    recipe = Recipe(
        encoder=arguments.encoder,
        width=width,
        height=height,
        couplings=arguments.couplings,
        hidden=hidden,
        cells=arguments.cells,
        epochs=arguments.epochs,
        seed=arguments.seed,
    )
    try:
        empty = [EmptyRooms(path, every=arguments.every) for path in arguments.empty]
        cache = arguments.cache or arguments.out / "features"
        fitted = fit(recipe, arguments.data, arguments.out, cache, empty)
    except (DatasetError, EncoderError) as error:
        raise UserError(str(error)) from error
    for layer in fitted.record["layers"]:
        print(f"layer {layer['number']}: {layer['nll']}")
    print(f"fusion weights {fitted.fusion.weight}, bias {fitted.fusion.bias:.3f}")
    return 0
