# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Options of the verbs that render, and their use of Blender's module."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from bgflow_ros.segmentation.errors import UserError
from bgflow_ros.segmentation.files import user_path

__all__ = ["add_rendering", "require_blender", "silence"]


def add_rendering(parser: argparse.ArgumentParser, rooms: int) -> None:
    """Declare the options that every verb that renders has.

    Args:
        parser: the verb's parser.
        rooms: the default of --rooms.
    """
    parser.add_argument("--out", type=user_path, required=True, help="folder to write, which is created if missing")
    parser.add_argument("--rooms", type=int, default=rooms, help="number of rooms (%(default)s)")
    parser.add_argument("--first", type=int, default=0, help="number of the first room (%(default)s)")
    parser.add_argument("--size", type=int, nargs=2, default=(384, 288), metavar=("WIDTH", "HEIGHT"))
    parser.add_argument("--samples", type=int, default=3, help="light paths per pixel before denoising (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="seed of everything that is random (%(default)s)")
    parser.add_argument("--threads", type=int, default=0, help="cores to use; 0: all (%(default)s)")


@contextmanager
def silence() -> Iterator[None]:
    """Suppress the lines that Blender prints for each image."""
    sys.stdout.flush()
    kept, nothing = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nothing)


def require_blender() -> None:
    """Check that Blender's module is installed.

    Raises:
        UserError: the module cannot be imported.
    """
    try:
        import bpy  # noqa: F401
    except ModuleNotFoundError as error:
        raise UserError("needs Blender's module bpy: with Python 3.11, pip install 'bgflow[render]'") from error
