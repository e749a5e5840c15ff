# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Segment pictures, folders, videos and bags into overlays and masks.

Writes NAME_overlay.jpg, NAME_foreground.png (255 = foreground) and NAME_static.png (255 = surely static background)
into the output folder for each frame; for videos also NAME_overlay.mp4. Of one ROS 2 bag it makes a bag instead: a copy
that also holds the node's topics, with the images' stamps; --pictures writes pictures as of a video. What cannot be
read is reported and skipped, and the exit status is then 1. In how many images the model tells nothing apart, as with
a covered lens, is told at the end.
"""

from __future__ import annotations

import argparse
import io
import itertools
import re
import sqlite3
import sys
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from bgflow_ros.cli.errors import UserError
from bgflow_ros.files import write_atomically
from bgflow_ros.media import Bag, Frame, MediaError, Source, sources
from bgflow_ros.model import DEFAULT_MODEL, Model, ModelError
from bgflow_ros.runtime import DEVICES, PRECISIONS, DeviceError
from bgflow_ros.segmenter import Segmentation, Segmenter
from bgflow_ros.video import VideoWriter

HELP = "segment pictures, folders, videos and bags"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("paths", metavar="PATH", nargs="+", help="picture, folder, video or ROS 2 bag (mcap, sqlite3)")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to, made where it is missing; or bag")
    parser.add_argument("--model", default=DEFAULT_MODEL, help="model folder or name of a packaged model (%(default)s)")
    parser.add_argument("--likelihood", action="store_true", help="also write the likelihood: float32, 0 to 1")
    parser.add_argument("--topic", help="image topic of a bag that has several")
    parser.add_argument("--depth-topic", help="depth topic of a bag that has several")
    parser.add_argument("--node", default="/segmenter", help="node whose topics a bag gets (%(default)s)")
    parser.add_argument(
        "--min-static", type=float, default=0.0, help="share of each frame that is static at least (%(default)s)"
    )
    parser.add_argument("--pictures", action="store_true", help="of a bag too, write pictures and an overlay video")
    parser.add_argument("--device", choices=DEVICES, default="auto", help="where to run the network (%(default)s)")
    parser.add_argument("--precision", choices=PRECISIONS, default="auto", help="in which to run it (%(default)s)")
    parser.add_argument(
        "--threads", type=int, default=0, help="CPU threads; 0: half the cores for int8, else all (%(default)s)"
    )


class CountingSegmenter(Segmenter):
    """Counts the images, and those in which the model tells nothing apart."""

    images = featureless = 0

    def __call__(self, image: npt.NDArray[np.uint8]) -> Segmentation:
        """Segment one image."""
        segmentation = super().__call__(image)
        self.images += 1
        self.featureless += segmentation.featureless
        return segmentation

    def tell(self) -> None:
        """Say how many there were, if any."""
        if self.featureless:
            print(
                f"bgflow segment: the model tells nothing apart in {self.featureless} of {self.images} images "
                f"(contrast below {self.model.min_contrast:.2f}); is the lens covered, the room dark, a wall too near?",
                file=sys.stderr,
            )


def run(arguments: argparse.Namespace) -> int:
    """Segment everything; 1 where something had to be skipped."""
    try:
        found = sources(arguments.paths, arguments.topic)
        model = Model.load(arguments.model)
        segmenter = CountingSegmenter(model, arguments.device, arguments.threads, arguments.precision)
        segmenter.min_static = arguments.min_static
        bags = [source for source in found if isinstance(source, Bag) and not arguments.pictures]
        if len(found) == 1 and bags:
            return _segment_bag(bags[0], segmenter, arguments)
        if bags:
            raise UserError(f"{bags[0].path} is a bag beside others; give one bag, or write pictures with --pictures")
    except (MediaError, ModelError, DeviceError) as error:
        raise UserError(str(error)) from error
    _refuse_collisions(found)
    try:
        arguments.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{arguments.out} cannot be made or is no folder: {error.strerror}") from error
    skipped = 0
    with tqdm(total=len(found), unit="source", disable=len(found) == 1) as bar:
        for source in found:
            try:
                _segment(source, segmenter, arguments.out, arguments.likelihood)
            except MediaError as error:
                skipped += 1
                tqdm.write(f"bgflow segment: skipped: {error}", file=sys.stderr)
            bar.update()
    if skipped:
        print(f"bgflow segment: {skipped} of {len(found)} skipped, see above", file=sys.stderr)
    segmenter.tell()
    print(arguments.out)
    return 1 if skipped else 0


def _segment_bag(bag: Bag, segmenter: CountingSegmenter, arguments: argparse.Namespace) -> int:
    """Copy a bag and add masks; 1 where an image could not be used."""
    from bgflow_ros.bags import choose_topics, copy_with_masks

    out, node = arguments.out, "/" + arguments.node.strip("/")
    if out.exists():
        raise UserError(f"{out} exists; name a bag that does not, or write pictures with --pictures")
    if bag.folder.resolve() in out.resolve().parents:
        raise UserError(f"{out} lies in {bag.folder}, which is not changed; name a bag elsewhere")
    if not re.fullmatch(r"(/[A-Za-z_][A-Za-z0-9_]*)+", node):
        raise UserError(f"--node {arguments.node!r} is no name of a node; expected one such as /front/segmenter")
    topics = choose_topics(bag.folder, bag.topic, arguments.depth_topic)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tqdm(desc=bag.name, unit="message") as bar:
            unusable = copy_with_masks(bag.folder, out, topics, segmenter, node, arguments.likelihood, bar)
    except (OSError, sqlite3.Error) as error:
        raise UserError(f"{out} cannot be written: {error}") from error
    print(f"{out}: masks of {topics.image}, depth {topics.depth or '-'}, calibration {topics.info or '-'}")
    for cause, count in unusable.items():
        print(f"bgflow segment: {count} messages without masks: {cause}", file=sys.stderr)
    segmenter.tell()
    return int(bool(unusable))


def _segment(source: Source, segmenter: Segmenter, out: Path, likelihood: bool) -> None:
    if not source.moves:
        for frame in source.frames():
            _write(frame, segmenter(frame.rgb), out, likelihood)
        return
    frames = source.frames()
    first = next(frames)  # a source without frames raises; the rate is known from here on
    with (
        VideoWriter(out / f"{source.name}_overlay.mp4", source.rate) as video,
        tqdm(desc=source.name, total=source.count or None, unit="frame", leave=False) as bar,
    ):
        for frame in itertools.chain([first], frames):
            segmentation = segmenter(frame.rgb)
            _write(frame, segmentation, out, likelihood)
            video.write(segmentation.overlay)
            bar.update()


def _write(frame: Frame, segmentation: Segmentation, out: Path, likelihood: bool) -> None:
    pictures = {
        "overlay.jpg": cv2.cvtColor(segmentation.overlay, cv2.COLOR_RGB2BGR),
        "foreground.png": segmentation.foreground,
        "static.png": segmentation.static,
    }
    for ending, picture in pictures.items():
        path = out / f"{frame.name}_{ending}"
        write_atomically(path, cv2.imencode(path.suffix, picture)[1].tobytes())
    if likelihood:
        file = io.BytesIO()
        np.save(file, segmentation.likelihood)
        write_atomically(out / f"{frame.name}_likelihood.npy", file.getvalue())


def _refuse_collisions(found: list[Source]) -> None:
    moving = [source.name for source in found if source.moves]
    names: set[str] = set()
    for source in found:
        numbered = any(re.fullmatch(re.escape(name) + r"_\d{6}", source.name) for name in moving)
        if source.name in names or numbered:
            raise UserError(f"another source's files would be named {source.name!r} as well; segment them apart")
        names.add(source.name)
