# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Reproduce a table or figure of the paper, as Markdown, JSON and PNG in --out.

Intermediate results (experts, features, densities, counts) are kept in --work. After a kill, the same command continues
where the run was, and the second table reuses the results of the first. A column whose weights are not available is
marked as not run, with the reason and the command that fills it. A table keeps the columns that were run on other
machines; a figure shows only those of --columns.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bgflow_ros.segmentation.errors import UserError
from bgflow_ros.segmentation.files import user_path
from bgflow_train.studies.paper.columns import BY_NAME, SIZES

GROUP = "measure"
HELP = "Build a table or figure of the paper beside our results."
EXTRA = "train"
WHAT = ("table1", "table2", "table3", "figure1", "figure3", "figure4")
SPLITS = ("official", "random")
OUT = Path("results/paper")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("what", choices=WHAT, help="the table or figure")
    parser.add_argument(
        "--data",
        type=user_path,
        help="folder that holds nyu/ (or nyu_depth_v2_labeled.mat), rooms/ and unlabelled/; needed by all but table3",
    )
    parser.add_argument(
        "--size",
        choices=SIZES,
        default="cpu",
        help="size of the systems: the paper's, or small enough for two CPU cores to train in hours (%(default)s)",
    )
    names = ",".join(BY_NAME)
    parser.add_argument(
        "--columns", default=names, metavar="NAME,...", help="columns to run, each ARCHITECTURE-WEIGHTS (%(default)s)"
    )
    parser.add_argument(
        "--split",
        choices=SPLITS,
        default="official",
        help="split of NYU: with separate scenes, or random as in the paper (%(default)s)",
    )
    parser.add_argument(
        "--ade20k", type=user_path, metavar="DIR", help="ADEChallengeData2016, to train the ade20k weights"
    )
    parser.add_argument(
        "--encoder-weights",
        action="append",
        default=[],
        metavar="COLUMN=FILE",
        help="initial weights of a column's encoder: a .pth of torchvision, or an expert.safetensors",
    )
    parser.add_argument(
        "--fitting",
        type=user_path,
        metavar="DIR",
        help="folder with rgb/ and mask/ to fit the fusion to, instead of the 25 images of the project",
    )
    parser.add_argument(
        "--images", type=user_path, metavar="DIR", help="folder of images to report on instead; needs --masks and --out"
    )
    parser.add_argument("--masks", type=user_path, metavar="DIR", help="folder of the masks of --images")
    parser.add_argument(
        "--photographs", action="store_true", help="show the photographs in the figures, subject to their licences"
    )
    parser.add_argument(
        "--work", type=user_path, default=Path("work/paper"), help="folder of intermediate results (%(default)s)"
    )
    parser.add_argument("--out", type=user_path, default=OUT, help="folder to write to (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="seed of everything random (%(default)s)")


def run(arguments: argparse.Namespace) -> int:
    """Run, and print the path of the Markdown file.

    Returns:
        0, or 1 if a column could not be run.
    """
    from bgflow_train.data import DatasetError, FolderDataset
    from bgflow_train.networks import EncoderError
    from bgflow_train.studies.paper import figures, table3, tables
    from bgflow_train.studies.paper.running import Setting, run_column

    brought = dict(_pair(part) for part in arguments.encoder_weights)
    chosen = arguments.columns.split(",")
    for name in (*chosen, *brought):
        if name not in BY_NAME:
            raise UserError(f"unknown column {name!r}; expected some of {', '.join(BY_NAME)}")
    if arguments.what == "table3":
        print(table3.write_table3(arguments.out, arguments.seed))
        return 0
    if arguments.data is None:
        raise UserError(f"{arguments.what} needs --data, the folder of the images; doc/paper.md says how to get them")
    columns = [BY_NAME[name] for name in chosen]
    if (arguments.images is None) != (arguments.masks is None):
        raise UserError("--images and --masks must be given together")
    if arguments.images is not None and arguments.out == OUT:
        raise UserError(f"--images needs another --out than {OUT}, which holds the tables of the paper's sets")
    try:
        report = None
        if arguments.images is not None:
            report = FolderDataset(arguments.images, arguments.masks, name=arguments.images.name)
        setting = Setting(
            data=arguments.data,
            work=arguments.work,
            size=SIZES[arguments.size],
            split=arguments.split,
            seed=arguments.seed,
            ade20k=arguments.ade20k,
            brought=brought,
            fitting=arguments.fitting,
            report=report,
        )
        if arguments.what.startswith("figure"):
            path, missing = figures.write_figure(arguments.what, columns, setting, arguments.out, arguments.photographs)
            print(path)
            return 1 if missing else 0
        missing = []
        for column in columns:
            result = run_column(column, setting, arguments.what)
            tables.keep_column(arguments.what, column, result, arguments.out)
            if "not_run" in result:
                missing.append(column)
                print(f"bgflow reproduce: {column.name} not run: {result['not_run']}", file=sys.stderr)
    except (DatasetError, EncoderError) as error:
        raise UserError(str(error)) from error
    print(tables.write_table(arguments.what, arguments.out))
    return 1 if missing else 0


def _pair(text: str) -> tuple[str, str]:
    name, separator, path = text.partition("=")
    if not separator:
        raise UserError(f"--encoder-weights is {text!r}; expected COLUMN=FILE")
    return name, path
