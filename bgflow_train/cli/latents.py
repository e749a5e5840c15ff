# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Draw the cells of NYU's validation images before and after a hybrid flow, by class.

Both panels show the plane in which the means of the classes lie furthest apart. A flow that decides has background on
one side of it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from bgflow_ros.segmentation.errors import UserError
from bgflow_ros.segmentation.files import user_path

GROUP = "measure"
HELP = "Draw the latent space of a hybrid flow."
EXTRA = "train"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("fit", type=user_path, help="folder that `bgflow fit` wrote")
    parser.add_argument("--data", type=user_path, required=True, help="folder that holds nyu/ with its classes")
    parser.add_argument("--score", default="hybrid7", help="the flow's score (%(default)s)")
    parser.add_argument("--out", type=user_path, default=Path("latents.png"), help="PNG to write (%(default)s)")


def run(arguments: argparse.Namespace) -> int:
    """Draw the picture and print its path."""
    from bgflow_train.data import DatasetError
    from bgflow_train.model.fitted import Fitted
    from bgflow_train.studies.latent_space import draw
    from bgflow_train.studies.peers.scores import ALL_SCORES

    try:
        draw(Fitted.load(arguments.fit, ALL_SCORES), arguments.score, arguments.data, arguments.out)
    except (DatasetError, OSError) as error:
        raise UserError(str(error)) from error
    print(arguments.out)
    return 0
