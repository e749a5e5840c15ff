# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Adapt a model to a building, from images of it without labels.

PATH is what `bgflow segment` takes: images, a folder, a video, a bag. The flows learn what the building's background
looks like; encoder and the model's own classes stay as they are. With --empty everything in the images is background,
as on a drive through cleared rooms; without it, background is what the model does not call foreground.

Better teachers are depth and poses: those of a bag with registered depth, camera_info and transforms, with --world, or
of a recording in the layout of TUM's RGB-D benchmark (depth.txt, groundtruth.txt, camera.yaml). Floor, ceiling and
walls are then background, things that stand in the room are foreground, and what tells the two apart corrects the
logit.

The last fifth of the images is held out to check the result, and a model that cannot be adapted to them, or is worse on
them, is not written. Writes a model folder with a contact sheet, adaptation.png.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from bgflow_ros.media.frames import Failures, evenly_spread
from bgflow_ros.media.posed_recording import PosedDepth, PosedRecording
from bgflow_ros.media.sources import MediaError, sources
from bgflow_ros.segmentation.errors import UserError
from bgflow_ros.segmentation.files import expand, user_path
from bgflow_ros.segmentation.model import Model, ModelError, model_folder
from bgflow_ros.tools.cli.arguments import add_model, share_of_one

if TYPE_CHECKING:
    from bgflow_ros.media.rosbag.posed_bag import PosedBag

GROUP = "make a model"
HELP = "Adapt a model to a building, without labels."
EXTRA = "adapt"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("paths", metavar="PATH", nargs="+", help="image, folder, video, ROS 2 bag or RGB-D recording")
    parser.add_argument("--out", type=user_path, required=True, help="model folder to write")
    add_model(parser)
    parser.add_argument("--empty", action="store_true", help="everything in the images is background")
    parser.add_argument("--images", type=int, default=200, help="number of images to use at most (%(default)s)")
    parser.add_argument(
        "--false-alarms",
        type=share_of_one,
        default=0.05,
        metavar="SHARE",
        help="with --empty, share of held-out pixels that may be called foreground (%(default)s)",
    )
    parser.add_argument("--recursive", action="store_true", help="take folders within a folder as well")
    parser.add_argument("--topic", help="image topic of a bag that has several")
    parser.add_argument(
        "--world",
        metavar="FRAME",
        help="frame of a bag's transforms that stands still, such as odom; then its depth and poses teach",
    )
    parser.add_argument("--depth-topic", help="with --world, depth topic of a bag that has several")


def run(arguments: argparse.Namespace) -> int:
    """Adapt, write the model and print what changed."""
    from bgflow_train.adaptation.adapting import adapt, looks
    from bgflow_train.adaptation.checks import AdaptationError
    from bgflow_train.adaptation.sheet import card, contact_sheet
    from bgflow_train.adaptation.writing import write_model
    from bgflow_train.export.manifest import Manifest

    if arguments.out.exists():
        raise UserError(f"{arguments.out} exists; name a new folder")
    if arguments.depth_topic and not arguments.world:
        raise UserError("--depth-topic needs --world, the frame in which the camera's poses are")
    try:
        Manifest.check_name(arguments.out.name)
        model, source = Model.load(arguments.model, arguments.largest), model_folder(arguments.model)
        images, views = _read_views(arguments) if _has_views(arguments) else (_read(arguments), [])
        with tqdm(total=looks(len(images), 0 if arguments.empty else len(views)), unit="image") as bar:
            adapted = adapt(model, images, arguments.empty, arguments.false_alarms, bar.update, views)
        extra = {
            arguments.out / "README.md": card(adapted, arguments.out.name),
            arguments.out / "adaptation.png": contact_sheet(model, adapted),
        }
        write_model(adapted, source, arguments.out, extra)
    except (MediaError, ModelError, AdaptationError) as error:
        raise UserError(str(error)) from error
    except OSError as error:
        raise UserError(f"{arguments.out} cannot be written: {error.strerror or error}") from error
    called, ranks = adapted.record["foreground"], adapted.record.get("auroc")
    told = f"{100 * called['before']:.1f} % were foreground, {100 * called['after']:.1f} % are"
    if ranks:
        told += f"; it tells planes from things with an AUROC of {ranks['after']:.3f} instead of {ranks['before']:.3f}"
    print(f"{arguments.out}: of {adapted.record['held_out']} held-out images {told}; see adaptation.png")
    return 0


def _has_views(arguments: argparse.Namespace) -> bool:
    return bool(arguments.world) or any((expand(path) / "depth.txt").is_file() for path in arguments.paths)


def _read_views(arguments: argparse.Namespace) -> tuple[list[npt.NDArray[np.uint8]], list[PosedDepth]]:
    """Read at most so many images of a recording, evenly spread, with their depth."""
    if len(arguments.paths) > 1:
        raise UserError("a recording of colour and depth comes alone, because its poses are in a world of its own")
    path, failures = expand(arguments.paths[0]), Failures()
    recording: PosedBag | PosedRecording
    if arguments.world:
        from bgflow_ros.media.rosbag.posed_bag import PosedBag

        recording = PosedBag(path, arguments.world, arguments.topic, arguments.depth_topic)
    else:
        recording = PosedRecording(path)
    frames = list(tqdm(recording.frames(failures, arguments.images), "reading", min(recording.count, arguments.images)))
    for line in [*recording.remarks, *(f"{count} left out: {message}" for count, message in failures.told())]:
        print(f"bgflow adapt: {recording.folder}: {line}", file=sys.stderr)
    return [rgb for _, rgb, _ in frames], [view for *_, view in frames]


def _read(arguments: argparse.Namespace) -> list[npt.NDArray[np.uint8]]:
    """Read at most so many images, evenly spread over the sources."""
    found = sources(arguments.paths, arguments.topic, arguments.recursive)
    kept: list[npt.NDArray[np.uint8]] = []
    step = number = 0
    with tqdm(desc="reading", unit="image") as bar:
        for source in found:
            for frame in source.frames():
                if number % (step + 1) == 0:
                    kept.append(frame.rgb)
                if len(kept) == 2 * arguments.images:  # every second one stays, and from now on comes
                    kept, step = kept[::2], 2 * step + 1
                number += 1
                bar.update()
    return [kept[place] for place in evenly_spread(len(kept), arguments.images)]
