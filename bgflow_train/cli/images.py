# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Options of several commands that choose images."""

from __future__ import annotations

import argparse

from bgflow_ros.segmentation.errors import UserError
from bgflow_ros.segmentation.files import user_path

__all__ = ["add_photographs_share", "add_unseen_rooms", "check_photographs_share"]


def add_photographs_share(parser: argparse.ArgumentParser) -> None:
    """Declare `--photographs-share`."""
    share = (
        "share of the photographed crops that come from other photographs than NYU's: those of unlabelled/ with the "
        "project's drawn masks and, with folds, those of rooms/ that are not held out (%(default)s)"
    )
    parser.add_argument("--photographs-share", type=float, default=0.0, metavar="SHARE", help=share)


def check_photographs_share(arguments: argparse.Namespace) -> None:
    """Refuse a share that leaves no crop to NYU.

    Raises:
        UserError: The share is not within 0 to below 1.
    """
    if not 0 <= arguments.photographs_share < 1:
        raise UserError(f"--photographs-share is {arguments.photographs_share}; expected a number from 0 to below 1")


def add_unseen_rooms(parser: argparse.ArgumentParser) -> None:
    """Declare `--unseen-rooms`."""
    parser.add_argument(
        "--unseen-rooms",
        type=user_path,
        metavar="DIR",
        help="rendered rooms that no training has seen: all of them choose the threshold of the static mask as well",
    )
