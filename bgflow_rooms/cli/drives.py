# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Render drives of a robot through random rooms in which objects move, with exact poses, depth and masks.

Each room gives one drive for each amount of motion, along the same path in the same light. A drive is a folder in the
layout of TUM's RGB-D benchmark. Complete drives are skipped, so an interrupted run continues, and several runs can
share the work with --first. Needs Blender's Python module bpy, which requires Python 3.11.
"""

from __future__ import annotations

import argparse

from bgflow_rooms.cli.blender import add_rendering, require_blender, silence

GROUP = "measure"
HELP = "Render drives through rooms in which objects move."
EXTRA = "render"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    add_rendering(parser, rooms=5)
    parser.add_argument(
        "--amounts",
        type=float,
        nargs="+",
        default=(0.0, 0.1, 0.25, 0.45),
        metavar="SHARE",
        help="shares of the view that move, with one drive for each (%(default)s)",
    )
    parser.add_argument("--frames", type=int, default=45, help="frames of each drive, at 15 per second (%(default)s)")


def run(arguments: argparse.Namespace) -> int:
    """Render the drives that are missing, and print the folder."""
    require_blender()
    from tqdm import tqdm

    from bgflow_rooms.render.drives import DriveSettings, render_drives

    settings = DriveSettings(
        arguments.out.resolve(),
        tuple(arguments.amounts),
        arguments.frames,
        tuple(arguments.size),
        arguments.samples,
        arguments.seed,
        arguments.threads,
    )
    numbers = range(arguments.first, arguments.first + arguments.rooms)
    with silence(), tqdm(total=len(numbers) * len(settings.amounts) * settings.frames, unit="frame") as bar:
        for number in numbers:
            render_drives(settings, number, bar.update)
    print(arguments.out)
    return 0
