# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Arguments of launch/segment.launch.py, which are arguments of every other launch file too.

Choices are written out, since the modules that define them take seconds to import; a test compares.
"""

from __future__ import annotations

from collections.abc import Mapping

from bgflow_ros.launching.checks import BOOLEAN, Argument, file, model, namespace, number, parameter_file, topic
from bgflow_ros.segmentation.files import share

__all__ = ["MIN_STATIC", "PARAMETERS", "SEGMENT", "SEGMENTER", "needed", "needed_beside"]

AS_IN_FILE = "; empty: as in params_file"
MIN_STATIC = number(float, 0, 1)

_PARAMETERS = (
    Argument("model", f"Model folder, or the name of a packaged model{AS_IN_FILE}", wrong=model, path=True),
    Argument("image_transport", f"How images come{AS_IN_FILE}", choices=("raw", "compressed")),
    Argument("image_qos", f"How the image is subscribed{AS_IN_FILE}", choices=("auto", "sensor_data", "reliable")),
    Argument(
        "ignore_image",
        f"PNG of the camera's size, not black where it sees the robot itself{AS_IN_FILE}",
        wrong=file,
        path=True,
    ),
    Argument(
        "min_static",
        f"Share of the image that the static mask holds at least, 0 to 1, see doc/slam.md{AS_IN_FILE}",
        wrong=MIN_STATIC,
    ),
    Argument("device", f"Where the network runs{AS_IN_FILE}", choices=("auto", "tensorrt", "cuda", "cpu")),
    Argument("precision", f"Number format of the network{AS_IN_FILE}", choices=("auto", "float32", "float16", "int8")),
    Argument(
        "threads",
        f"CPU threads for inference, 0 to 256; 0: half the cores for int8, else all{AS_IN_FILE}",
        wrong=number(int, 0, 256),
    ),
    Argument(
        "autostart",
        f"Configure and activate by itself; false leaves it to a lifecycle manager{AS_IN_FILE}",
        choices=BOOLEAN,
    ),
    Argument("use_sim_time", f"Follow /clock{AS_IN_FILE}", choices=BOOLEAN),
)
_TYPES = {"min_static": float, "threads": int, "autostart": bool, "use_sim_time": bool}

PARAMETERS = {argument.name: _TYPES.get(argument.name, str) for argument in _PARAMETERS}
"""Arguments that override a parameter of the file where they are given, and their types."""

SEGMENT = {
    argument.name: argument
    for argument in (
        Argument("namespace", "Namespace of the node, one for each camera", wrong=namespace),
        Argument("image", "Topic of the camera's image; empty: `image` in the namespace", wrong=topic),
        Argument("camera_info", "Topic of the calibration; empty: `camera_info` in the namespace", wrong=topic),
        Argument("depth", "Topic of depth registered to the image; empty: `depth` in the namespace", wrong=topic),
        Argument(
            "params_file",
            "Parameter file",
            str(share() / "config" / "segment.yaml"),
            wrong=parameter_file,
            optional=False,
            path=True,
        ),
        *_PARAMETERS,
        Argument("respawn", "Start the node again when it dies", "false", BOOLEAN, optional=False),
        Argument(
            "respawn_delay",
            "Seconds before it is started again, 0 to 3600",
            "1.0",
            wrong=number(float, 0, 3600),
            optional=False,
        ),
        Argument(
            "log_level",
            "The least severe messages that are logged",
            "info",
            ("debug", "info", "warn", "error", "fatal"),
            optional=False,
        ),
        Argument("rviz", "Start rviz and show what the node sees", "false", BOOLEAN, optional=False),
    )
}
"""Arguments of segment.launch.py by name."""

SEGMENTER = Argument("segmenter", "false where another launch file has started it", "true", BOOLEAN, optional=False)
"""Argument of the launch files of consumers that may share a segmenter."""


def needed(given: Mapping[str, str]) -> list[tuple[str, str]]:
    """Package and executable of what segment.launch.py starts, by its arguments."""
    found = [("bgflow", "segment")]
    if given.get("rviz", "false").lower() == "true":
        found.append(("rviz2", "rviz2"))
    return found


def needed_beside(given: Mapping[str, str]) -> list[tuple[str, str]]:
    """Package and executable of what a launch file with the argument `segmenter` starts beside the consumer."""
    return needed(given) if given.get("segmenter", "true").lower() == "true" else []
