# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Show image, likelihood, masks, depth, points and statistics in a window, in a browser or as a recording.

Without a path the command watches the running node; with one it segments images, folders, videos or bags itself. With
--map the paths are recordings of one place, with depth and known poses: it maps the first and shows what is new and
gone in the others. It opens a window of Rerun unless --web or --save is given.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
from typing import TYPE_CHECKING

from tqdm import tqdm

from bgflow_ros.media.sources import MediaError, sources
from bgflow_ros.segmentation.errors import UserError
from bgflow_ros.segmentation.files import expand, user_path
from bgflow_ros.segmentation.model import Model, ModelError
from bgflow_ros.segmentation.refinement import DEPTH_KEEPS
from bgflow_ros.segmentation.runtime import DEVICES, DeviceError
from bgflow_ros.segmentation.segmenter import Segmenter
from bgflow_ros.tools.cli.arguments import add_model

if TYPE_CHECKING:
    import rerun as rr

GROUP = "use"
HELP = "Show the running node, or images, videos and bags, in a window."
EXTRA = "view"
KEEPS = (*reversed(DEPTH_KEEPS), "all")
"""What of the depth is mapped."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("paths", metavar="PATH", nargs="*", help="image, folder, video or bag to show instead")
    target = parser.add_mutually_exclusive_group()
    target.add_argument(
        "--save", type=user_path, metavar="FILE.rrd", help="record to a file instead of opening a window"
    )
    target.add_argument("--web", action="store_true", help="serve the viewer for browsers, on this machine only")
    parser.add_argument(
        "--bind", metavar="ADDRESS", help="with --web, serve at this address of this machine; 0.0.0.0 for all addresses"
    )
    node = parser.add_argument_group("the running node")
    node.add_argument("--namespace", default="", help="namespace of the node and of relative topics")
    node.add_argument("--image", default="image", metavar="TOPIC", help="the camera's image (%(default)s)")
    node.add_argument("--depth", metavar="TOPIC", help="the camera's depth; without it neither depth nor points")
    node.add_argument(
        "--rate",
        type=float,
        default=10.0,
        metavar="HZ",
        help="largest number of images per second and topic, so that screen and link keep up (%(default)g)",
    )
    files = parser.add_argument_group("a PATH")
    add_model(files)
    files.add_argument("--device", choices=DEVICES, default="auto", help="where to run the network (%(default)s)")
    files.add_argument("--recursive", action="store_true", help="show folders within a folder as well")
    files.add_argument("--topic", help="image topic of a bag that has several")
    files.add_argument(
        "--map",
        action="store_true",
        help="each PATH is a recording of one place on another day, in the layout of TUM's benchmark with "
        "groundtruth.txt and camera.yaml; map the first and show what is different in the others",
    )
    files.add_argument(
        "--depth-keeps",
        choices=KEEPS,
        default=KEEPS[0],
        help="with --map, the depth that is mapped: not foreground, surely static, or all (%(default)s)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Show everything until the end of the files, or until interrupted."""
    if arguments.bind is not None and not arguments.web:
        raise UserError("--bind says where --web serves; give both")
    if arguments.map and not arguments.paths:
        raise UserError("--map needs the folder of a recording; a running mapper's cloud is shown by rviz")
    if arguments.map and (arguments.topic or arguments.recursive):
        raise UserError("--map takes folders of recordings, without --topic and --recursive")
    if arguments.depth_keeps != KEEPS[0] and not arguments.map:
        raise UserError("--depth-keeps says what --map maps; give both")
    return _show_files(arguments) if arguments.paths else _watch_node(arguments)


def _show_files(arguments: argparse.Namespace) -> int:
    from bgflow_ros.media.posed_recording import PosedRecording
    from bgflow_ros.tools.view.days import show_days
    from bgflow_ros.tools.view.files import show
    from bgflow_ros.tools.view.scene import Scene

    try:
        if arguments.map:
            days = [PosedRecording(expand(path)) for path in arguments.paths]
        else:
            found = sources(arguments.paths, arguments.topic, arguments.recursive)
        segmenter = Segmenter(Model.load(arguments.model, arguments.largest), arguments.device)
    except (MediaError, ModelError, DeviceError) as error:
        raise UserError(str(error)) from error
    with _target(arguments, live=False) as recording:
        scene = Scene(recording)
        if arguments.map:
            told = show_days(days, segmenter, scene, arguments.depth_keeps, _tell)
        else:
            told = show(found, segmenter, scene, _tell)
        if arguments.web:
            print("serving until Ctrl-C", flush=True)
            with contextlib.suppress(KeyboardInterrupt):
                signal.pause()
    return int(told > 0)


def _tell(line: str) -> None:
    tqdm.write(f"bgflow view: {line}", file=sys.stderr)


def _watch_node(arguments: argparse.Namespace) -> int:
    from bgflow_ros.tools.view.scene import Scene

    if not arguments.rate > 0:
        raise UserError(f"--rate {arguments.rate:g}: expected more than 0")
    try:
        from bgflow_ros.tools.view.watching import check_names, watch
    except ModuleNotFoundError as error:
        raise UserError(
            f"watching the node needs ROS, and {error.name} is not installed: source a ROS 2, or in the checkout, "
            "pip install '.[ros,view]'; to show images, videos or bags, give a PATH"
        ) from error
    check_names(arguments.namespace, *(topic for topic in (arguments.image, arguments.depth) if topic is not None))
    with _target(arguments, live=True) as recording:
        watch(Scene(recording), arguments.namespace, arguments.image, arguments.depth, arguments.rate)
    return 0


def _target(arguments: argparse.Namespace, live: bool) -> contextlib.AbstractContextManager[rr.RecordingStream]:
    from bgflow_ros.tools.view.layout import layout
    from bgflow_ros.tools.view.target import LOCAL, in_browser, in_file, in_window

    views = layout(live=live, depth=live and arguments.depth is not None, place=arguments.map)
    if arguments.save is not None:
        return in_file(views, arguments.save)
    if arguments.web:
        return in_browser(views, "100MiB" if live else "1GiB", arguments.bind or LOCAL)
    return in_window(views)
