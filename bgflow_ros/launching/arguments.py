# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Arguments of launch/segment.launch.py, which are arguments of all other launch files too.

Choices are written out because the modules that define them take seconds to import; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping

from bgflow_ros.launching.checks import BOOLEAN, Argument, file, model, namespace, number, parameter_file, topic
from bgflow_ros.segmentation.files import share

__all__ = [
    "MANAGED",
    "MANAGER",
    "MIN_STATIC",
    "PARAMETERS",
    "SEGMENT",
    "SEGMENTER",
    "needed_managed_segmenter",
    "needed_optional_segmenter",
    "needed_segmenter",
    "parameter_file_argument",
]

MANAGER = {
    "package": "nav2_lifecycle_manager",
    "executable": "lifecycle_manager",
    "name": "lifecycle_manager_segmenter",
}
"""Node that configures and activates the segmenter beside Nav2."""
AS_IN_FILE = "; empty: as in params_file"
MIN_STATIC = number(float, 0, 1)


def parameter_file_argument(name: str, description: str, file: str) -> Argument:
    """Make the argument for a parameter file, of which config/ holds the default."""
    default = str(share() / "config" / file)
    return Argument(name, description, default, check=parameter_file, optional=False, path=True)


_PARAMETERS = (
    Argument("model", f"Model folder, or the name of a packaged model{AS_IN_FILE}", check=model, path=True),
    Argument("image_transport", f"How images come{AS_IN_FILE}", choices=("raw", "compressed")),
    Argument("image_qos", f"How the image is subscribed{AS_IN_FILE}", choices=("auto", "sensor_data", "reliable")),
    Argument(
        "ignore_image",
        f"PNG of the camera's size, not black where it sees the robot itself{AS_IN_FILE}",
        check=file,
        path=True,
    ),
    Argument(
        "min_static",
        f"Share of the image that the static mask holds at least, 0 to 1, see doc/slam.md{AS_IN_FILE}",
        check=MIN_STATIC,
    ),
    Argument(
        "depth_keeps",
        f"What static depth keeps, see doc/slam.md{AS_IN_FILE}",
        choices=("static", "not_foreground"),
    ),
    Argument(
        "adapt",
        f"What ~/adapt may learn from, see doc/adaptation.md{AS_IN_FILE}",
        choices=("never", "drive", "empty"),
    ),
    Argument("device", f"Where the network runs{AS_IN_FILE}", choices=("auto", "tensorrt", "cuda", "cpu", "openvino")),
    Argument("precision", f"Number format of the network{AS_IN_FILE}", choices=("auto", "float32", "float16", "int8")),
    Argument(
        "threads",
        f"CPU threads for inference, 0 to 256; 0: half the cores for int8 if fast enough, else all{AS_IN_FILE}",
        check=number(int, 0, 256),
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
"""Types of the arguments that override a parameter of the parameter file where they are given."""

SEGMENT = {
    argument.name: argument
    for argument in (
        Argument("namespace", "Namespace of the node, one for each camera", check=namespace),
        Argument("image", "Topic of the camera's image; empty: `image` in the namespace", check=topic),
        Argument("camera_info", "Topic of the calibration; empty: `camera_info` in the namespace", check=topic),
        Argument("depth", "Topic of depth registered to the image; empty: `depth` in the namespace", check=topic),
        parameter_file_argument("params_file", "Parameter file", "segment.yaml"),
        *_PARAMETERS,
        Argument("respawn", "Start the node again when it dies", "false", BOOLEAN, optional=False),
        Argument(
            "respawn_delay",
            "Seconds before it is started again, 0 to 3600",
            "1.0",
            check=number(float, 0, 3600),
            optional=False,
        ),
        Argument(
            "log_level",
            "Minimum severity of logged messages",
            "info",
            ("debug", "info", "warn", "error", "fatal"),
            optional=False,
        ),
        Argument("rviz", "Start rviz and show what the node sees", "false", BOOLEAN, optional=False),
    )
}
"""Arguments of segment.launch.py by name."""
MANAGED = {name: argument for name, argument in SEGMENT.items() if name != "autostart"}
"""Those of the launch files beside Nav2, whose lifecycle manager starts the segmenter."""

SEGMENTER = Argument("segmenter", "Start the segmenter; false where it runs already", "true", BOOLEAN, optional=False)
"""Argument of the launch files of consumers that may share a segmenter."""


def needed_segmenter(given: Mapping[str, str]) -> list[tuple[str, str]]:
    """Name package and executable of everything that segment.launch.py starts with these arguments."""
    found = [("bgflow", "segment")]
    if given.get("rviz", "false").lower() == "true":
        found.append(("rviz2", "rviz2"))
    return found


def needed_managed_segmenter(given: Mapping[str, str]) -> list[tuple[str, str]]:
    """Name the same for a launch file beside Nav2, with the lifecycle manager."""
    return [(MANAGER["package"], MANAGER["executable"]), *needed_segmenter(given)]


def needed_optional_segmenter(given: Mapping[str, str]) -> list[tuple[str, str]]:
    """Name the same for a launch file whose argument `segmenter` says whether to include segment.launch.py."""
    return needed_segmenter(given) if given.get("segmenter", "true").lower() == "true" else []
