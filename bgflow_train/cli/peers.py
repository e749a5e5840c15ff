# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Measure a fit's fusion, each of its scores by itself, its peers and the paper's systems on the pictures that report.

The peers are the scores of further fits (`bgflow fit --scores head,lraspp,knn6,...`). The paper's systems come from
what `bgflow reproduce table1` and `table2` have left in --paper. Nothing may be chosen by this table: for that there is
`bgflow compare`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from bgflow_ros.segmentation.errors import UserError
from bgflow_ros.segmentation.files import user_path

RECORDED = ("recipe", "constants", "data", "expert", "blend", "veto")
"""Of each fit."""
GROUP = "measure"
HELP = "Tabulate a model beside its peers and the paper's systems."
EXTRA = "train"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    fits = "folder that `bgflow fit` wrote: the model's own, and others whose scores are its peers"
    parser.add_argument("fits", nargs="+", type=user_path, metavar="FIT", help=fits)
    parser.add_argument("--data", type=user_path, required=True, help="folder that holds nyu/ and rooms/")
    paper = "folder of the paper's systems, measured (%(default)s)"
    parser.add_argument("--paper", type=user_path, default=Path("results/paper/columns"), metavar="DIR", help=paper)
    parser.add_argument("--out", type=user_path, default=Path("results"), help="folder of the table (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the intervals' resampling (%(default)s)")


def run(arguments: argparse.Namespace) -> int:
    """Measure and print the table's file."""
    import torch

    from bgflow_ros import __version__
    from bgflow_train.data import DatasetError
    from bgflow_train.model.fitting import Fitted
    from bgflow_train.networks.device import machine
    from bgflow_train.studies.peers.table import write_peers
    from bgflow_train.studies.peers.table_rows import measure_peers, reported_sets

    try:
        fits = [Fitted.load(folder) for folder in arguments.fits]
        sets = [measure_peers(fits, *one, arguments.seed) for one in reported_sets(arguments.data)]
    except DatasetError as error:
        raise UserError(str(error)) from error
    result = {
        "sets": sets,
        "fits": [{key: fitted.record[key] for key in RECORDED} for fitted in fits],
        "seed": arguments.seed,
        "versions": {"bgflow": __version__, "torch": str(torch.__version__)},
        "machine": machine(),
    }
    print(write_peers(result, arguments.paper, arguments.out))
    return 0
