# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Segment images, folders, videos and bags into overlays and masks.

For each frame, NAME_overlay.jpg, NAME_foreground.png (255 = foreground) and NAME_static.png (255 = surely static
background) are written into the output folder; for a video also NAME_overlay.mp4. For one ROS 2 bag the output is a
bag: a copy that also holds the node's topics, with the stamps of the images. With --pictures a bag gives the same
files as a video. With --colmap each image file gets the one mask that COLMAP reads, of its whole name and .png. With
--static-depth a folder in the layout of TUM's RGB-D benchmark gets its depth images again, without the depth of what is
not kept, and a depth.txt.

Sources that cannot be read are reported and skipped, and the exit status is then 1; so are folders within a folder,
unless --recursive is given, which writes their outputs into folders of the same names. Hidden files and files that
are no images, by name or content, are ignored. At the end the command reports the number of images of which the model
is unsure, as with a covered lens.
"""

from __future__ import annotations

import argparse
import errno
import itertools
import math
import re
import sqlite3
import sys
from pathlib import Path

from tqdm import tqdm

from bgflow_ros.media.rgbd_recording import read_recording
from bgflow_ros.media.sources import Bag, Frame, LeftOut, MediaError, Source, sources
from bgflow_ros.media.video import VideoWriter
from bgflow_ros.segmentation.encoding import encode_file
from bgflow_ros.segmentation.errors import UserError
from bgflow_ros.segmentation.files import expand, user_path, write_together
from bgflow_ros.segmentation.model import Model, ModelError
from bgflow_ros.segmentation.outputs import FOREGROUND_MASK, LIKELIHOOD, OVERLAY, STATIC_MASK
from bgflow_ros.segmentation.refinement import DEPTH_KEEPS
from bgflow_ros.segmentation.runtime import DEVICES, PRECISIONS, DeviceError
from bgflow_ros.segmentation.segmenter import Segmentation, Segmenter
from bgflow_ros.tools.cli.arguments import add_model, share_of_one
from bgflow_ros.tools.colmap_masks import write_colmap_mask
from bgflow_ros.tools.counting_segmenter import CountingSegmenter, tell
from bgflow_ros.tools.static_depth_files import write_static_depth

GROUP = "use"
HELP = "Segment images, folders, videos or bags into masks and overlays."
WORKERS = "--workers is for one bag that is copied, without --pictures"
FINE = 15.0
"""Least rate of an overlay video, in frames per second."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("paths", metavar="PATH", nargs="+", help="image, folder, video or ROS 2 bag (mcap, sqlite3)")
    parser.add_argument(
        "--out", type=user_path, required=True, help="folder to write to, which is created if missing; or bag"
    )
    add_model(parser)
    parser.add_argument("--likelihood", action="store_true", help="also write the likelihood: float32, 0 to 1")
    keeps = "what static depth keeps: static, or all that is not_foreground (%(default)s)"
    parser.add_argument("--depth-keeps", choices=DEPTH_KEEPS, default=DEPTH_KEEPS[0], help=keeps)
    labels = "also write what semantic costmaps read into a bag: labels, confidence, label_info, points"
    parser.add_argument("--labels", action="store_true", help=labels)
    depth = "write nothing but the static depth of a folder with rgb.txt and depth.txt"
    parser.add_argument("--static-depth", action="store_true", help=depth)
    colmap = "write nothing but masks for COLMAP, which excludes what is not static, or all foreground"
    parser.add_argument("--colmap", choices=DEPTH_KEEPS, help=colmap)
    parser.add_argument("--recursive", action="store_true", help="segment folders within a folder as well")
    parser.add_argument("--topic", help="image topic of a bag that has several")
    parser.add_argument("--depth-topic", help="depth topic of a bag that has several")
    parser.add_argument("--node", default="/segmenter", help="node whose topics a bag gets (%(default)s)")
    parser.add_argument(
        "--min-static",
        type=share_of_one,
        default=0.0,
        help="minimum share of the image in the static mask, 0 to 1 (%(default)s)",
    )
    workers = "images of a bag that are segmented at once, while others are read and written (%(default)s)"
    parser.add_argument("--workers", type=int, default=1, metavar="N", help=workers)
    parser.add_argument("--pictures", action="store_true", help="write images and an overlay video for a bag too")
    parser.add_argument("--device", choices=DEVICES, default="auto", help="where to run the network (%(default)s)")
    parser.add_argument(
        "--precision", choices=PRECISIONS, default="auto", help="numeric precision of the network (%(default)s)"
    )
    parser.add_argument(
        "--threads",
        type=int,
        default=0,
        help="CPU threads; 0: half the cores for int8 if fast enough, else all (%(default)s)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Segment all sources; 1 where one was skipped."""
    if arguments.workers < 1:
        raise UserError(f"--workers is {arguments.workers}; expected at least 1")
    if arguments.workers > 1 and (arguments.static_depth or arguments.pictures or arguments.colmap):
        raise UserError(WORKERS)
    if arguments.static_depth:
        return _write_static_depth(arguments)
    try:
        found = sources(arguments.paths, arguments.topic, arguments.recursive, arguments.out)
        model = Model.load(arguments.model, arguments.largest)
        segmenter = CountingSegmenter(model, arguments.device, _threads(arguments), arguments.precision)
        segmenter.min_static = arguments.min_static
        bags = [source for source in found if isinstance(source, Bag) and not arguments.pictures]
        copied = len(found) == 1 and bool(bags) and not arguments.colmap
        if not copied and (arguments.labels or arguments.depth_keeps != DEPTH_KEEPS[0]):
            raise UserError(
                "--labels and --depth-keeps are for one bag that is copied, without --pictures, or --static-depth"
            )
        if copied:
            return _segment_bag(bags[0], [segmenter, *_more_segmenters(model, arguments)], arguments)
        if arguments.workers > 1:
            raise UserError(WORKERS)
        if bags and not arguments.colmap:
            raise UserError(f"{bags[0].path} is a bag beside others; give one bag, or write images with --pictures")
    except (MediaError, ModelError, DeviceError) as error:
        raise UserError(str(error)) from error
    return _segment_all(found, segmenter, arguments)


def _segment_all(found: list[Source], segmenter: CountingSegmenter, arguments: argparse.Namespace) -> int:
    """Write the files of all sources; 1 where one was skipped."""
    if not arguments.colmap:
        _refuse_collisions(found)
    _make(arguments.out, arguments.paths)
    skipped = done = 0
    with tqdm(total=len(found), unit="source", disable=len(found) == 1) as bar:
        for source in found:
            try:
                if arguments.colmap:
                    write_colmap_mask(source, segmenter, arguments.out, arguments.colmap)
                else:
                    _segment(source, segmenter, arguments.out, arguments.likelihood)
                done += 1
            except MediaError as error:
                skipped += 1
                tqdm.write(f"bgflow segment: skipped: {error}", file=sys.stderr)
            except OSError as error:
                left = f"stopped after {done + skipped} of {len(found)}"
                why = f"{arguments.out} cannot be written: {error.strerror or error}; {left}"
                raise UserError(why, 1 if done else 2) from error
            if isinstance(source, Bag) and source.remark:
                tqdm.write(source.remark)
            bar.update()
    if skipped:
        print(f"bgflow segment: {skipped} of {len(found)} skipped, see above", file=sys.stderr)
    tell([segmenter])
    print(arguments.out)
    return 1 if skipped else 0


def _write_static_depth(arguments: argparse.Namespace) -> int:
    """Write the static depth of one recording; 1 where some is missing."""
    if len(arguments.paths) != 1 or arguments.colmap or arguments.labels or arguments.likelihood:
        raise UserError("--static-depth takes one folder, without --colmap, --labels and --likelihood")
    _make(arguments.out, arguments.paths)
    try:
        recording = read_recording(expand(arguments.paths[0]))
        model = Model.load(arguments.model, arguments.largest)
        segmenter = CountingSegmenter(model, arguments.device, arguments.threads, arguments.precision)
        segmenter.min_static = arguments.min_static
        with tqdm(total=len(recording.pairs), unit="frame") as bar:
            failures = write_static_depth(recording, segmenter, arguments.out, arguments.depth_keeps, bar.update)
    except (MediaError, ModelError, DeviceError) as error:
        raise UserError(str(error)) from error
    except OSError as error:
        raise UserError(f"{arguments.out} cannot be written: {error.strerror or error}") from error
    for count, message in failures.told():
        print(f"bgflow segment: {count} left out: {message}", file=sys.stderr)
    if recording.lone:
        print(f"bgflow segment: {recording.lone} depth images without an image left out", file=sys.stderr)
    tell([segmenter])
    print(arguments.out)
    return int(bool(failures.total or recording.lone))


def _make(out: Path, paths: list[str]) -> None:
    """Create the output folder."""
    try:
        if out.is_dir() and any(expand(path).resolve() == out.resolve() for path in paths):
            raise UserError(f"{out} is what is segmented; name another folder with --out")
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{out} cannot be created, or is not a folder: {error.strerror or error}") from error


def _more_segmenters(model: Model, arguments: argparse.Namespace) -> list[CountingSegmenter]:
    """Make the segmenters that work beside the first one."""
    made = []
    for _ in range(arguments.workers - 1):
        made.append(CountingSegmenter(model, arguments.device, _threads(arguments), arguments.precision))
        made[-1].min_static = arguments.min_static
    return made


def _threads(arguments: argparse.Namespace) -> int:
    """Return the threads of a segmenter: one where several work at once, unless the user says otherwise."""
    return int(arguments.threads or (1 if arguments.workers > 1 else 0))


def _segment_bag(bag: Bag, segmenters: list[CountingSegmenter], arguments: argparse.Namespace) -> int:
    """Copy a bag and add masks; 1 where masks of some messages are missing."""
    from bgflow_ros.media.rosbag.recording import Recording
    from bgflow_ros.media.rosbag.topics import choose_topics
    from bgflow_ros.tools.bags import SEMANTIC, copy_with_masks

    out, node = arguments.out, "/" + arguments.node.strip("/")
    if out.exists():
        raise UserError(f"{out} exists; name a new bag, or write images with --pictures")
    if bag.folder.resolve() in out.resolve().parents:
        raise UserError(f"{out} lies in {bag.folder}, which is not changed; name a bag elsewhere")
    if not re.fullmatch(r"(/[A-Za-z_][A-Za-z0-9_]*)+", node):
        raise UserError(f"--node {arguments.node!r} is not a node name; expected one such as /front/segmenter")
    more = (*([LIKELIHOOD] if arguments.likelihood else []), *(SEMANTIC if arguments.labels else []))
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with Recording(bag.path) as recording:
            topics = choose_topics(recording, bag.topic, arguments.depth_topic)
            with tqdm(desc=bag.name, unit="message") as bar:
                outcome = copy_with_masks(recording, out, topics, segmenters, node, more, bar, arguments.depth_keeps)
    except (OSError, sqlite3.Error) as error:
        raise UserError(f"{out} cannot be written: {error}") from error
    told = outcome.told()
    print(f"{out}: masks of {topics.image}, depth {topics.depth or '-'}, calibration {topics.info or '-'}")
    for line in outcome.remarks():
        print(line)
    for line in told:
        print(f"bgflow segment: {line}", file=sys.stderr)
    tell(segmenters)
    return int(bool(told))


def _segment(source: Source, segmenter: Segmenter, out: Path, likelihood: bool) -> None:
    if not source.is_sequence:
        for frame in source.frames():
            _write(frame, segmenter(frame.rgb), out, likelihood)
        return
    frames = source.frames()
    first = next(frames)  # raises for a source without frames; the rate is known from here on
    # High enough for frames at uneven times, and a multiple of the rate, which fits frames at even times.
    repeats = 1 if first.second is None else max(1, math.ceil(FINE / source.rate))
    with (
        VideoWriter(out / f"{source.name}_overlay.mp4", repeats * source.rate) as video,
        tqdm(desc=source.name, total=source.count or None, unit="frame", leave=False) as bar,
    ):
        for frame in itertools.chain([first], frames):
            segmentation = segmenter(frame.rgb)
            _write(frame, segmentation, out, likelihood)
            video.write(segmentation.overlay, frame.second)
            bar.update()
        if video.remark:
            tqdm.write(f"bgflow segment: {video.remark}", file=sys.stderr)


def _write(frame: Frame, segmentation: Segmentation, out: Path, likelihood: bool) -> None:
    outputs = (OVERLAY, FOREGROUND_MASK, STATIC_MASK, *([LIKELIHOOD] if likelihood else []))
    files: dict[Path, bytes] = {}
    try:
        for output in outputs:
            assert output.pixels is not None
            path = out / f"{frame.name}_{output.file}"
            files[path] = encode_file(output.pixels(segmentation), path.suffix)
    except OSError as error:
        raise MediaError(f"{frame.name}: {error}") from error
    try:
        write_together(files)
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:  # which says nothing of the other images
            raise MediaError(f"{frame.name}: its outputs' names would be too long; rename it") from error
        raise


def _refuse_collisions(found: list[Source]) -> None:
    moving = [source.name for source in found if source.is_sequence]
    names: set[tuple[str, bool]] = set()
    for source in (source for source in found if not isinstance(source, LeftOut)):
        numbered = any(re.fullmatch(re.escape(name) + r"_\d{6}", source.name) for name in moving)
        if (source.name, source.is_sequence) in names or numbered:
            what = f"several sources' files would be named {source.name!r}"
            raise UserError(f"{what}; rename all but one, or segment them apart, each with an --out of its own")
        names.add((source.name, source.is_sequence))
