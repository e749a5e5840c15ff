# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Measure what `bgflow adapt` gains in buildings, and what it costs at home.

PATH is a folder of drives by `bgflow drives --days 2 --emptied`, each room of which is a building: its first day adapts
the model, without and with its depth and poses, and so does its drive without furniture; it is measured on the other
days. Or PATH has the folders rgb and mask, as rooms/gazebo_aws_house of the data: every second image adapts, the others
are measured. Labels are used to measure alone. Writes buildings.json and buildings.md.
"""

from __future__ import annotations

import argparse
import json

from bgflow_ros.media.frames import MediaError
from bgflow_ros.segmentation.errors import UserError
from bgflow_ros.segmentation.files import user_path, write_atomically
from bgflow_ros.segmentation.model import Model, ModelError
from bgflow_ros.tools.cli.arguments import add_model

GROUP = "measure"
HELP = "Measure adaptation to buildings."
EXTRA = "train"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("paths", metavar="PATH", nargs="+", type=user_path, help="buildings")
    parser.add_argument("--out", type=user_path, required=True, help="folder to write, which is created if missing")
    parser.add_argument("--data", type=user_path, help="folder that holds nyu/, whose balanced images are home")
    add_model(parser)


def run(arguments: argparse.Namespace) -> int:
    """Measure all buildings, and print the table."""
    from tqdm import tqdm

    from bgflow_train.data import DatasetError
    from bgflow_train.data.registry import open_split
    from bgflow_train.studies.buildings.building import find_buildings
    from bgflow_train.studies.buildings.measuring import measure_building, measure_images
    from bgflow_train.studies.buildings.report import report

    try:
        model = Model.load(arguments.model, arguments.largest)
        buildings = find_buildings(arguments.paths)
        nyu = open_split(arguments.data, "nyu", "balanced") if arguments.data else None
        with tqdm(unit="image") as bar:

            def home(one: Model) -> dict[str, float] | None:
                pairs = ((sample.rgb, sample.mask) for sample in nyu) if nyu is not None else None
                return None if pairs is None else measure_images(one, pairs, bar.update)

            before = home(model)
            results = {one.name: measure_building(one, model, home, bar.update) for one in buildings}
    except (DatasetError, MediaError, ModelError) as error:
        raise UserError(str(error)) from error
    text = report(results, before, model.sha256)
    record = {"model": model.sha256, "home": before, "buildings": results}
    write_atomically(arguments.out / "buildings.json", (json.dumps(record, indent=1) + "\n").encode())
    write_atomically(arguments.out / "buildings.md", ("# Adaptation to buildings\n\n" + text).encode())
    print(text)
    return 0
