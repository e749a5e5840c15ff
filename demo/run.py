# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Run the demo: the node, a camera and a watcher as three processes that communicate over DDS."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

from bgflow_ros.media.sources import MediaError, sources
from bgflow_ros.node.compatibility import only_this_machine
from bgflow_ros.node.fastdds import choose_shared_memory
from bgflow_ros.segmentation.files import user_path
from bgflow_ros.segmentation.model import DEFAULT_MODEL, Model, ModelError
from bgflow_ros.tools.interrupts import hold_interrupts

HERE = Path(__file__).resolve().parent
ROOM = HERE / "room" / "rgb.mp4"
RESULTS = ("overlay.mp4", "contact_sheet.jpg", "report.json")
"""Files that the watcher writes; those of an earlier run are removed first."""
PATIENCE = 5.0
"""Seconds after which a process that does not end by itself is killed."""


def environment(out: Path) -> dict[str, str]:
    """Environment of the processes: a separate ROS domain on this machine only, and enough shared memory for images."""
    own = os.environ.copy() | only_this_machine()
    own.setdefault("ROS_LOG_DIR", str(out.absolute() / "log"))  # by default ROS writes to the home folder
    own["ROS_DOMAIN_ID"] = str(51 + os.getpid() % 50)
    # Set by the ROS wheels in this process; the children must set up their own library path.
    own.pop("_ROS_WHEELS_BOOTSTRAP_COMPLETE", None)
    choose_shared_memory(own)
    return own


def stop(processes: list[subprocess.Popen[bytes]]) -> None:
    """Interrupt every process, wait for it, and kill it if it does not end; signals are ignored meanwhile."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    for process in processes:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
    deadline = time.monotonic() + PATIENCE
    for process in processes:
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def interrupt(number: int, frame: FrameType | None) -> None:
    """Treat SIGTERM and SIGHUP like Ctrl-C."""
    raise KeyboardInterrupt


def prepare(arguments: argparse.Namespace, shown: str | Path) -> None:
    """Check the arguments before anything starts, and remove the results of an earlier run from the output folder."""
    if arguments.rate <= 0 or arguments.seconds <= 0:
        raise ValueError(f"--rate {arguments.rate:g}, --seconds {arguments.seconds:g}: expected more than 0")
    if arguments.camera is None:
        sources([shown])
    Model.load(arguments.model or DEFAULT_MODEL)
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name in RESULTS:
        (arguments.out / name).unlink(missing_ok=True)


def main() -> int:
    """Run the demo and return its exit status; the last line printed is the folder with the results."""
    parser = argparse.ArgumentParser(prog="scripts/demo", description=__doc__)
    camera = parser.add_mutually_exclusive_group()
    camera.add_argument("--images", metavar="DIR", help="show a folder of images instead of the rendered room")
    camera.add_argument("--video", metavar="FILE", help="show a video")
    camera.add_argument("--bag", metavar="BAG", help="show the images of a ROS 2 bag")
    camera.add_argument("--camera", type=int, metavar="N", help="show a real camera, by OpenCV's number")
    parser.add_argument("--seconds", type=float, default=30.0, help="duration (%(default)s)")
    parser.add_argument("--rate", type=float, default=30.0, help="frames per second (%(default)s)")
    parser.add_argument("--out", type=user_path, default=Path("demo-out"), help="folder to write to (%(default)s)")
    parser.add_argument("--model", help="model folder or name of a packaged model")
    parser.add_argument(
        "--foreground-threshold",
        type=float,
        metavar="L",
        help="likelihood below which a pixel is foreground (default: that of the model)",
    )
    arguments = parser.parse_args()
    shown = arguments.images or arguments.video or arguments.bag or ROOM
    what = ["--camera", str(arguments.camera)] if arguments.camera is not None else [str(shown)]
    try:
        prepare(arguments, shown)
    except (MediaError, ModelError, OSError, ValueError) as error:
        parser.exit(2, f"demo: {error}\n")
    log = arguments.out / "log.txt"
    python, own = sys.executable, environment(arguments.out)
    parameters = {"model": arguments.model, "foreground_threshold": arguments.foreground_threshold}
    given = [part for name, value in parameters.items() if value is not None for part in ("-p", f"{name}:={value}")]
    commands = {
        "segment": [str(Path(python).with_name("segment")), "--ros-args", *given],
        "camera": [python, str(HERE / "camera.py"), *what, "--rate", str(arguments.rate)],
        "watch": [python, str(HERE / "watch.py"), "--seconds", str(arguments.seconds), "--out", str(arguments.out)],
    }
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    processes: dict[str, subprocess.Popen[bytes]] = {}
    status = 1
    try:
        with log.open("wb") as file:
            for name, command in commands.items():
                # Each process has its own session: Ctrl-C reaches this process only, which ends the others in order.
                quiet = {"stdout": file, "stderr": file} if name != "watch" else {}
                with hold_interrupts():
                    processes[name] = subprocess.Popen(command, env=own, start_new_session=True, **quiet)
        ended = wait_for_one(processes)
        status = processes[ended].returncode if ended == "watch" else 1
    except KeyboardInterrupt:
        ended, status = "", 130
    finally:
        stop([processes[name] for name in ("watch", "camera", "segment") if name in processes])
    if status == 130:
        print("demo: interrupted", file=sys.stderr)
    elif status:
        print(f"demo: {ended} exited with status {processes[ended].returncode}:\n{log.read_text()}", file=sys.stderr)
    else:
        print(json.dumps(json.loads((arguments.out / "report.json").read_text())))
        print(arguments.out.resolve())
    return status


def wait_for_one(processes: dict[str, subprocess.Popen[bytes]]) -> str:
    """Wait until a process ends; return its name."""
    while True:
        for name, process in processes.items():
            if process.poll() is not None:
                return name
        time.sleep(0.1)


if __name__ == "__main__":
    sys.exit(main())
