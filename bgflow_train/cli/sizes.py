# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Sizes of images in the options of a training."""

from __future__ import annotations

import argparse

from bgflow_train.training.recipe import BackboneRecipe, ExpertRecipe

__all__ = ["add_sizes"]


def add_sizes(parser: argparse.ArgumentParser, default: ExpertRecipe | BackboneRecipe) -> None:
    """Declare --size and --crop of a training."""
    size, crop = f"{default.width}x{default.height}", "x".join(map(str, default.crop))
    parser.add_argument("--size", default=size, metavar="WxH", help="canvas of the trained network (%(default)s)")
    parser.add_argument("--crop", default=crop, metavar="WxH", help="size of the training crops (%(default)s)")
