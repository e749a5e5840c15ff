# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Render random furnished rooms with exact masks, labels and depth into a folder.

A room depends only on --seed and its number. Complete rooms are skipped, so an interrupted run continues, and several
runs can share the work with --first. Needs Blender's Python module bpy, which requires Python 3.11.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from bgflow_ros.segmentation.errors import UserError
from bgflow_ros.segmentation.files import user_path

GROUP = "make a model"
HELP = "Render random furnished rooms with exact masks."
EXTRA = "render"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("--out", type=user_path, required=True, help="folder to write, which is created if missing")
    parser.add_argument("--rooms", type=int, default=100, help="number of rooms (%(default)s)")
    parser.add_argument("--first", type=int, default=0, help="number of the first room (%(default)s)")
    parser.add_argument("--views", type=int, default=6, help="images of each room (%(default)s)")
    parser.add_argument("--size", type=int, nargs=2, default=(384, 288), metavar=("WIDTH", "HEIGHT"))
    parser.add_argument("--samples", type=int, default=3, help="light paths per pixel before denoising (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="seed of everything that is random (%(default)s)")
    parser.add_argument("--novel", action="store_true", help="also place objects that training rooms never hold")
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


def run(arguments: argparse.Namespace) -> int:
    """Render the rooms that are missing, and print the folder."""
    require_blender()
    from tqdm import tqdm

    from bgflow_rooms.render.generate import RoomSettings, make_room

    settings = RoomSettings(
        arguments.out.resolve(),
        arguments.views,
        tuple(arguments.size),
        arguments.samples,
        arguments.seed,
        arguments.novel,
        arguments.threads,
    )
    numbers = range(arguments.first, arguments.first + arguments.rooms)
    with silence(), tqdm(total=len(numbers) * settings.views, unit="image") as bar:
        for number in numbers:
            done = bar.n
            make_room(settings, number, bar.update)
            bar.update(settings.views - (bar.n - done))
    print(arguments.out)
    return 0
