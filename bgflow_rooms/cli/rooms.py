# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Render random furnished rooms with exact masks, labels and depth into a folder.

A room depends only on --seed and its number. Complete rooms are skipped, so an interrupted run continues, and several
runs can share the work with --first. Needs Blender's Python module bpy, which requires Python 3.11.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from bgflow_rooms.cli.blender import add_rendering, require_blender, silence
from bgflow_ros.segmentation.errors import UserError
from bgflow_ros.segmentation.files import user_path

GROUP = "make a model"
HELP = "Render random furnished rooms with exact masks."
EXTRA = "render"
IMAGES, MESHES = (".jpg", ".jpeg", ".png"), (".obj", ".stl", ".ply")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    add_rendering(parser, rooms=100)
    parser.add_argument("--views", type=int, default=6, help="images of each room (%(default)s)")
    textures = "folder of images of surfaces, which take the place of some of the computed ones"
    parser.add_argument("--textures", type=user_path, metavar="DIR", help=textures)
    meshes = "folder of shapes (.obj, .stl, .ply), which stand among the furniture"
    parser.add_argument("--meshes", type=user_path, metavar="DIR", help=meshes)
    parser.add_argument("--novel", action="store_true", help="also place objects that training rooms never hold")


def run(arguments: argparse.Namespace) -> int:
    """Render the rooms that are missing, and print the folder."""
    textures, meshes = _files(arguments.textures, IMAGES, "--textures"), _files(arguments.meshes, MESHES, "--meshes")
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
        textures,
        meshes,
    )
    numbers = range(arguments.first, arguments.first + arguments.rooms)
    with silence(), tqdm(total=len(numbers) * settings.views, unit="image") as bar:
        for number in numbers:
            done = bar.n
            make_room(settings, number, bar.update)
            bar.update(settings.views - (bar.n - done))
    print(arguments.out)
    return 0


def _files(folder: Path | None, suffixes: tuple[str, ...], option: str) -> tuple[Path, ...]:
    """List the files of a folder and the folders in it that have one of some suffixes, in a fixed order."""
    if folder is None:
        return ()
    found = tuple(sorted(path for path in folder.rglob("*") if path.suffix.lower() in suffixes))
    if not found:
        raise UserError(f"{option} is {folder}, which has no {' or '.join(suffixes)}; expected a folder with some")
    return found
