# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Types of arguments that several verbs take."""

from __future__ import annotations

import argparse

from bgflow_ros.segmentation.model import GRAPH_BYTES, PROTOBUF_BYTES

__all__ = ["add_max_graph"]


def add_max_graph(parser: argparse._ActionsContainer) -> None:
    """Declare the bound on the size of a model's graph, which a robot's node does not let anybody raise."""
    parser.add_argument(
        "--max-graph-mb",
        dest="largest",
        type=_mebibytes,
        metavar="N",
        help=f"MiB of the largest graph that is loaded, at most {PROTOBUF_BYTES >> 20} ({GRAPH_BYTES >> 20})",
    )


def _mebibytes(text: str) -> int:
    most = PROTOBUF_BYTES >> 20
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise argparse.ArgumentTypeError(f"{text!r}; expected a whole number from 1 to {most}")
    return int(text) << 20
