# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Sizes on the command line, as WxH."""

from __future__ import annotations

import argparse

from bgflow_ros.segmentation.errors import UserError
from bgflow_train.training.recipe import BackboneRecipe, ExpertRecipe

__all__ = ["add_sizes", "read_sizes"]


def add_sizes(parser: argparse.ArgumentParser, default: ExpertRecipe | BackboneRecipe) -> None:
    """Declare --size and --crop of a training."""
    size, crop = f"{default.width}x{default.height}", "x".join(map(str, default.crop))
    parser.add_argument("--size", default=size, metavar="WxH", help="canvas of the trained network (%(default)s)")
    parser.add_argument("--crop", default=crop, metavar="WxH", help="size of the training crops (%(default)s)")


def read_sizes(arguments: argparse.Namespace, *names: str) -> list[tuple[int, int]]:
    """Read the options of these names: width and height each.

    Raises:
        UserError: one of them is no size.
    """
    texts = {name: getattr(arguments, name) for name in names}
    try:
        pairs = [tuple(int(part) for part in text.split("x")) for text in texts.values()]
        return [(width, height) for width, height in pairs]
    except ValueError as error:
        first, *others = (f"{text!r}" for text in texts.values())
        rest = "".join(f", --{name} {text}" for name, text in zip(names[1:], others, strict=True))
        raise UserError(f"--{names[0]} is {first}{rest}; expected WxH") from error
