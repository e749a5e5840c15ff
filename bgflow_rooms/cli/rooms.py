# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Render random furnished rooms with exact masks, labels and depth into a folder.

A room depends only on --seed and its number; one that is complete is skipped, so that an interrupted run continues and
several runs can share the work with --first. Needs Blender's Python module bpy, which wants Python 3.11.
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
    parser.add_argument("--out", type=user_path, required=True, help="folder to write, made where it is missing")
    parser.add_argument("--rooms", type=int, default=100, help="how many rooms")
    parser.add_argument("--first", type=int, default=0, help="number of the first room")
    parser.add_argument("--views", type=int, default=6, help="pictures of each room")
    parser.add_argument("--size", type=int, nargs=2, default=(384, 288), metavar=("WIDTH", "HEIGHT"))
    parser.add_argument("--samples", type=int, default=3, help="light paths per pixel before denoising")
    parser.add_argument("--seed", type=int, default=0, help="of everything")
    parser.add_argument("--novel", action="store_true", help="also place things that training rooms never hold")
    parser.add_argument("--threads", type=int, default=0, help="cores to use; 0: all")


@contextmanager
def silence() -> Iterator[None]:
    """Swallow what Blender prints for each picture."""
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
    """Refuse to go on without Blender's module.

    Raises:
        UserError: it cannot be imported.
    """
    try:
        import bpy  # noqa: F401
    except ModuleNotFoundError as error:
        raise UserError("needs Blender's module bpy: with Python 3.11, pip install 'bgflow[render]'") from error


def run(arguments: argparse.Namespace) -> int:
    """Render what is missing and print the folder."""
    require_blender()
    from tqdm import tqdm

    from bgflow_rooms.render.generate import Settings, make_room

    settings = Settings(
        arguments.out.resolve(),
        arguments.views,
        tuple(arguments.size),
        arguments.samples,
        arguments.seed,
        arguments.novel,
        arguments.threads,
    )
    numbers = range(arguments.first, arguments.first + arguments.rooms)
    with silence(), tqdm(total=len(numbers) * settings.views, unit="picture") as bar:
        for number in numbers:
            done = bar.n
            make_room(settings, number, bar.update)
            bar.update(settings.views - (bar.n - done))
    print(arguments.out)
    return 0
