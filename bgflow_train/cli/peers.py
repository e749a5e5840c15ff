# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Measure a fit's fusion, its single scores, its peers and the paper's systems on the reported data sets.

The peers are the scores of further fits (`bgflow fit --scores head,lraspp,knn6,...`). The results of the paper's
systems are read from --paper, where `bgflow reproduce table1` and `table2` have written them. The table reports on test
images and must not be used to choose between models; that is what `bgflow compare` is for.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from bgflow_ros.segmentation.errors import UserError
from bgflow_ros.segmentation.files import cache, user_path

RECORDED = ("recipe", "constants", "data", "expert", "blend")
"""Entries of each fit's record that peers.json repeats."""
GROUP = "measure"
HELP = "Tabulate a model beside its peers and the paper's systems."
EXTRA = "train"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    fits = "folder that `bgflow fit` wrote; first the model's fit, then those whose scores are its peers"
    parser.add_argument("fits", nargs="+", type=user_path, metavar="FIT", help=fits)
    parser.add_argument("--data", type=user_path, required=True, help="folder that holds nyu/ and rooms/")
    paper = "folder of the results of the paper's systems (%(default)s)"
    parser.add_argument("--paper", type=user_path, default=Path("results/paper/columns"), metavar="DIR", help=paper)
    parser.add_argument(
        "--out", type=user_path, default=Path("results"), help="folder to write the table to (%(default)s)"
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of the resampling behind the intervals (%(default)s)")


def run(arguments: argparse.Namespace) -> int:
    """Measure, write the table, and print its path."""
    import torch

    from bgflow_ros import __version__
    from bgflow_train.data import DatasetError
    from bgflow_train.model.fitted import Fitted
    from bgflow_train.networks.device import machine
    from bgflow_train.studies.peers.scores import ALL_SCORES
    from bgflow_train.studies.peers.table import write_peers
    from bgflow_train.studies.peers.table_rows import measure_peers, reported_sets

    try:
        fits = [Fitted.load(folder, ALL_SCORES) for folder in arguments.fits]
        sets = [measure_peers(fits, *one, arguments.seed, cache()) for one in reported_sets(arguments.data)]
    except (DatasetError, OSError) as error:
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
