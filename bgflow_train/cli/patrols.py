# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Measure what a patrol finds, by size and distance, and what it reports falsely.

Drives come from `bgflow drives --emptied`. The model is adapted to every second image of a room without furniture; the
others tell what is false, and drives with furniture what is found. Writes patrols.json and patrols.md.
"""

from __future__ import annotations

import argparse
import json

from bgflow_ros.segmentation.errors import UserError
from bgflow_ros.segmentation.files import user_path, write_atomically
from bgflow_ros.segmentation.model import Model, ModelError
from bgflow_ros.tools.cli.arguments import add_model

GROUP = "measure"
HELP = "Measure what a patrol finds in rendered rooms."
EXTRA = "train"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("drives", metavar="DRIVE", nargs="+", type=user_path, help="drive, or folder of drives")
    parser.add_argument("--out", type=user_path, required=True, help="folder to write, which is created if missing")
    add_model(parser)


def run(arguments: argparse.Namespace) -> int:
    """Measure all rooms, and print the tables."""
    from tqdm import tqdm

    from bgflow_train.studies.odometry.drive import DriveError, find_drives
    from bgflow_train.studies.patrol.measuring import find_rooms, measure_room
    from bgflow_train.studies.patrol.report import report

    try:
        model = Model.load(arguments.model, arguments.largest)
        rooms = find_rooms(find_drives(arguments.drives))
        with tqdm(unit="image") as bar:
            results = {name: measure_room(room, model, bar.update) for name, room in rooms.items()}
    except (DriveError, ModelError) as error:
        raise UserError(str(error)) from error
    text = report(results, model.sha256)
    record = {"model": model.sha256, "rooms": results}
    write_atomically(arguments.out / "patrols.json", (json.dumps(record) + "\n").encode())
    write_atomically(arguments.out / "patrols.md", ("# Patrols\n\n" + text).encode())
    print(text)
    return 0
