# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Render drives of a robot through random rooms in which objects move, with exact poses, depth and masks.

Each room gives one drive for each amount of motion, along the same path in the same light. With --days it gives more
along that path: on each other day, and for each share of the furniture that has moved since, one in another light. A
drive is a folder in the layout of TUM's RGB-D benchmark. Complete drives are skipped, so an interrupted run continues,
and several runs can share the work with --first. Needs Blender's Python module bpy, which requires Python 3.11.
"""

from __future__ import annotations

import argparse

from bgflow_rooms.cli.blender import add_rendering, require_blender, silence
from bgflow_ros.segmentation.errors import UserError
from bgflow_ros.tools.cli.arguments import share_of_one

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
    parser.add_argument("--people", action="store_true", help="people who walk move, instead of things that glide")
    parser.add_argument("--frames", type=int, default=45, help="frames of each drive (%(default)s)")
    parser.add_argument("--rate", type=float, default=15.0, metavar="HZ", help="frames per second (%(default)g)")
    parser.add_argument("--days", type=int, default=1, help="days, the first with --amounts (%(default)s)")
    parser.add_argument(
        "--moved",
        type=share_of_one,
        nargs="+",
        default=(0.0, 0.25, 0.5, 0.75),
        metavar="SHARE",
        help="shares of the furniture that are moved on each day after the first (%(default)s)",
    )
    parser.add_argument("--emptied", action="store_true", help="also a drive through each room without furniture")


def run(arguments: argparse.Namespace) -> int:
    """Render the drives that are missing, and print the folder."""
    if arguments.frames < 2 or arguments.days < 1 or arguments.rate <= 0:
        raise UserError(
            f"found --frames {arguments.frames}, --rate {arguments.rate:g}, --days {arguments.days}; expected at least "
            "2 frames, a rate above 0 and at least 1 day"
        )
    require_blender()
    from tqdm import tqdm

    from bgflow_rooms.render.drive_renderer import DriveSettings
    from bgflow_rooms.render.drives import render_drives

    settings = DriveSettings(
        arguments.out.resolve(),
        tuple(arguments.amounts),
        arguments.frames,
        tuple(arguments.size),
        arguments.samples,
        arguments.seed,
        arguments.threads,
        arguments.rate,
        arguments.days,
        tuple(arguments.moved),
        arguments.emptied,
        arguments.people,
    )
    numbers = range(arguments.first, arguments.first + arguments.rooms)
    drives = len(settings.amounts) + (settings.days - 1) * len(settings.moved) + settings.emptied
    with silence(), tqdm(total=len(numbers) * drives * settings.frames, unit="frame") as bar:
        for number in numbers:
            render_drives(settings, number, bar.update)
    print(arguments.out)
    return 0
