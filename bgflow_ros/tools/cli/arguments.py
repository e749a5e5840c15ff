# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Options that several verbs have."""

from __future__ import annotations

import argparse
import math

from bgflow_ros.segmentation.errors import UserError
from bgflow_ros.segmentation.model import DEFAULT_MODEL, GRAPH_BYTES, PROTOBUF_BYTES

__all__ = ["add_max_graph", "add_model", "read_sizes", "share_of_one"]


def add_model(parser: argparse._ActionsContainer) -> None:
    """Declare --model, a model folder or the name of a packaged model, and the bound on the size of its graph."""
    parser.add_argument("--model", default=DEFAULT_MODEL, help="model folder or name of a packaged model (%(default)s)")
    add_max_graph(parser)


def add_max_graph(parser: argparse._ActionsContainer) -> None:
    """Declare --max-graph-mb, the bound on the size of a model's graph; the node has the parameter max_graph_mb."""
    parser.add_argument(
        "--max-graph-mb",
        dest="largest",
        type=_mebibytes,
        metavar="N",
        help=f"MiB of the largest graph that is loaded, at most {PROTOBUF_BYTES >> 20} ({GRAPH_BYTES >> 20})",
    )


def read_sizes(arguments: argparse.Namespace, *names: str) -> list[tuple[int, int]]:
    """Read the values WxH of the named options.

    Returns:
        Width and height for each name.

    Raises:
        UserError: a value is not of this form.
    """
    texts = {name: getattr(arguments, name) for name in names}
    try:
        pairs = [tuple(int(part) for part in text.split("x")) for text in texts.values()]
        return [(width, height) for width, height in pairs]
    except ValueError as error:
        first, *others = (f"{text!r}" for text in texts.values())
        rest = "".join(f", --{name} {text}" for name, text in zip(names[1:], others, strict=True))
        raise UserError(f"--{names[0]} is {first}{rest}; expected WxH") from error


def share_of_one(text: str) -> float:
    """Read a number from 0 to 1; as a type of argparse it refuses all else."""
    try:
        share = float(text)
    except ValueError:
        share = math.nan
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError(f"{text!r}; expected a number from 0 to 1")
    return share


def _mebibytes(text: str) -> int:
    most = PROTOBUF_BYTES >> 20
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise argparse.ArgumentTypeError(f"{text!r}; expected a whole number from 1 to {most}")
    return int(text) << 20
