# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Write the paper's fitting or generalization set as a folder of images and masks (rgb/ and mask/).

The images belong to others and are not part of bgflow; --data is the folder that holds them. Masks and collages are
made from the polygons that are part of bgflow. `bgflow evaluate --images OUT/rgb --masks OUT/mask` or any other tool
can use the result.
"""

from __future__ import annotations

import argparse

from bgflow_ros.segmentation.errors import UserError
from bgflow_ros.segmentation.files import user_path, write_atomically

GROUP = "make a model"
HELP = "Write the paper's fitting or generalization set as a folder."
EXTRA = "train"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("what", choices=("fitting", "generalization"), help="the set to write")
    parser.add_argument("--data", type=user_path, required=True, help="folder that holds rooms/ and unlabelled/")
    parser.add_argument("--out", type=user_path, required=True, help="folder to write to, created if missing")


def run(arguments: argparse.Namespace) -> int:
    """Write the folder, and print it."""
    import cv2
    from tqdm import tqdm

    from bgflow_train.data import DatasetError
    from bgflow_train.studies.paper.image_sets import fitting_set, generalization_set

    try:
        dataset = (fitting_set if arguments.what == "fitting" else generalization_set)(arguments.data)
        names = {id: f"{id.replace('/', '_')}.png" for id in dataset.ids}
        strange = sorted({path.name for path in arguments.out.glob("*/*")} - set(names.values()))
        if strange:
            raise UserError(f"{arguments.out} holds {strange[0]} and other files; choose an empty folder")
        for sample in tqdm(dataset, arguments.what, len(dataset), unit="image"):
            for kind, image in (("rgb", sample.rgb[..., ::-1]), ("mask", sample.mask)):
                write_atomically(arguments.out / kind / names[sample.id], cv2.imencode(".png", image)[1].tobytes())
    except DatasetError as error:
        raise UserError(str(error)) from error
    print(arguments.out)
    return 0
