# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Declaration of every parameter: name, default, range, description, and whether it may change while the node runs."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import cv2
import numpy as np
import numpy.typing as npt
from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.node import Node

from bgflow_ros.node.adaptation import ADAPT, NEVER
from bgflow_ros.node.thresholds import THRESHOLDS, UNSET, SettingsError, threshold_refusal
from bgflow_ros.segmentation.compressed import JPEG
from bgflow_ros.segmentation.files import expand
from bgflow_ros.segmentation.model import DEFAULT_MODEL, GRAPH_BYTES, PROTOBUF_BYTES
from bgflow_ros.segmentation.refinement import DEPTH_KEEPS
from bgflow_ros.segmentation.runtime import DEVICES, PRECISIONS

__all__ = [
    "PARAMETERS",
    "Parameter",
    "Settings",
    "check",
    "declare",
    "read",
    "read_body",
    "refusal",
]


@dataclass(frozen=True)
class Parameter:
    """Declaration of one parameter."""

    name: str
    default: str | int | float | bool
    description: str
    choices: tuple[str, ...] = ()
    range: tuple[float, float] | None = None
    live: bool = False
    """True where a change takes effect at the next frame; otherwise only an unconfigured node accepts one."""

    def descriptor(self) -> ParameterDescriptor:
        """Describe the parameter for `ros2 param describe` and rqt_reconfigure."""
        descriptor = ParameterDescriptor(name=self.name, description=self.description)
        if self.choices:
            descriptor.additional_constraints = "one of " + ", ".join(self.choices)
        if self.range is not None and isinstance(self.default, float):
            descriptor.floating_point_range = [FloatingPointRange(from_value=self.range[0], to_value=self.range[1])]
        elif self.range is not None:
            descriptor.integer_range = [
                IntegerRange(from_value=int(self.range[0]), to_value=int(self.range[1]), step=1)
            ]
        return descriptor


THRESHOLD = f"{UNSET:g} takes the model's own value."
PARAMETERS = (
    Parameter("model", DEFAULT_MODEL, "Absolute path of a model folder, or name of a packaged model."),
    Parameter(
        "image_transport",
        "raw",
        "Transport of the images; compressed ones come on IMAGE/compressed.",
        ("raw", "compressed"),
    ),
    Parameter(
        "image_qos",
        "auto",
        "Reliability of the image subscription; auto is reliable where every publisher is, else best effort.",
        ("auto", "sensor_data", "reliable"),
    ),
    Parameter(
        "foreground_threshold",
        UNSET,
        f"Likelihood of background below which a pixel is foreground; {THRESHOLD}",
        range=(UNSET, 1.0),
        live=True,
    ),
    Parameter(
        "static_threshold",
        UNSET,
        f"Likelihood of background above which a pixel is static, at least foreground_threshold; {THRESHOLD}",
        range=(UNSET, 1.0),
        live=True,
    ),
    Parameter(
        "min_static",
        0.0,
        "Smallest share of the image that is static, filled with the most likely pixels below static_threshold.",
        range=(0.0, 1.0),
        live=True,
    ),
    Parameter(
        "dilate",
        0,
        "Pixels by which foreground and non-static areas grow; with a negative number foreground shrinks.",
        range=(-30, 30),
        live=True,
    ),
    Parameter(
        "min_area",
        0,
        "Size in pixels below which a connected patch of foreground is removed; it does not become static.",
        range=(0, 100_000_000),
        live=True,
    ),
    Parameter(
        "hold",
        0.0,
        "Seconds for which a foreground pixel stays foreground, and for which one must be static to count as static.",
        range=(0.0, 60.0),
        live=True,
    ),
    Parameter(
        "depth_keeps",
        "static",
        "What static_depth keeps: pixels that are surely static, or all that are not foreground.",
        DEPTH_KEEPS,
        live=True,
    ),
    Parameter(
        "max_rate",
        0.0,
        "Greatest number of frames per second that are answered; 0 sets no limit; -1 answers one frame in so many that "
        "none waits for the one before.",
        range=(-1.0, 1000.0),
        live=True,
    ),
    Parameter(
        "adapt",
        NEVER,
        "What ~/adapt learns from: never refuses it, drive takes what is surely background, empty everything in view.",
        ADAPT,
    ),
    Parameter("adapt_seconds", 60.0, "Seconds for which ~/adapt records.", range=(5.0, 3600.0), live=True),
    Parameter(
        "ignore_image",
        "",
        "PNG of the camera's size, neither black nor transparent where the camera sees the robot, which is masked out.",
    ),
    Parameter(
        "save_folder",
        "",
        "Folder that ~/save_frame and ~/adapt write to; empty stands for bgflow in the folder ROS_HOME, or in ~/.ros.",
    ),
    Parameter("device", "auto", "Device on which the network runs; auto takes the best one that works.", DEVICES),
    Parameter(
        "precision",
        "auto",
        "Number format of the network; auto takes the fastest one whose masks were checked on this kind of device.",
        PRECISIONS,
    ),
    Parameter(
        "threads",
        0,
        "CPU threads for inference; 0 takes half the cores for int8 if that is fast enough, else all.",
        range=(0, 256),
    ),
    Parameter(
        "max_graph_mb",
        GRAPH_BYTES >> 20,
        "Size in MiB of the largest graph that is loaded; a larger one would take the robot's memory and time.",
        range=(1, PROTOBUF_BYTES >> 20),
    ),
    Parameter("autostart", True, "Configure and activate by itself; false leaves that to a lifecycle manager."),
)
BY_NAME = {parameter.name: parameter for parameter in PARAMETERS}


@dataclass(frozen=True)
class Settings:
    """Values of all parameters at one moment."""

    model: str
    image_transport: str
    image_qos: str
    foreground_threshold: float
    static_threshold: float
    min_static: float
    dilate: int
    min_area: int
    hold: float
    depth_keeps: str
    max_rate: float
    adapt: str
    adapt_seconds: float
    ignore_image: str
    save_folder: str
    device: str
    precision: str
    threads: int
    max_graph_mb: int
    autostart: bool


def declare(node: Node) -> None:
    """Declare every parameter on the node; overrides from files and the command line apply."""
    for parameter in PARAMETERS:
        node.declare_parameter(parameter.name, parameter.default, parameter.descriptor())


def read(node: Node) -> Settings:
    """Read every parameter."""
    return Settings(**{field.name: node.get_parameter(field.name).value for field in fields(Settings)})


def check(settings: Settings) -> None:
    """Check all parameters together, as they come from files and the command line.

    Raises:
        SettingsError: some cannot be used; the message gives every reason.
    """
    reasons = [refusal(name, value, settings, False) for name, value in vars(settings).items()]
    if found := dict.fromkeys(reason for reason in reasons if reason):
        raise SettingsError("; ".join(found))


def read_body(path: str) -> npt.NDArray[np.uint8] | None:
    """Read `ignore_image`: H x W, 255 where the camera sees the robot, else 0; None for no path.

    The robot is where a pixel is neither black nor wholly transparent.

    Raises:
        SettingsError: the file holds no readable image.
    """
    if not path:
        return None
    expected = "expected a PNG of the camera's size"
    unusable = f"ignore_image {path} cannot be read; {expected}"
    try:
        file = expand(path)
        data = file.read_bytes() if file.is_file() else b""  # reading a pipe would block
        if data.startswith(JPEG):
            raise SettingsError(f"ignore_image {path} is a JPEG, whose black is not quite black; {expected}")
        # Decoded as stored, because a conversion to 8 bits of grey would lose 16-bit values and transparency.
        stored = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED) if data else None
    except OSError as error:
        raise SettingsError(f"ignore_image {error}") from error
    except cv2.error as error:  # a header that promises more pixels than OpenCV allocates
        raise SettingsError(f"{unusable} ({error.err})") from error
    if stored is None:
        raise SettingsError(unusable)
    channels = stored.reshape(*stored.shape[:2], -1)
    alpha = channels.shape[2] in (2, 4)
    color = channels[..., :-1] if alpha else channels
    body = (color != 0).any(axis=2)
    if alpha:
        body &= channels[..., -1] != 0
    return np.where(body, np.uint8(255), np.uint8(0))


def refusal(name: str, value: object, others: Settings, configured: bool) -> str | None:
    """Say why a parameter cannot take a value; None where it can.

    Args:
        name: name of the parameter; parameters that the node does not declare itself are not refused.
        value: value of the declared type and within the declared range, which ROS has checked.
        others: values of all parameters, as they are or will be with the same request.
        configured: True if the node has a model, so that only live parameters may change.
    """
    parameter = BY_NAME.get(name)
    if parameter is None:
        return None
    if configured and not parameter.live:
        return f"{name} is read when the node is configured; deactivate and clean up the node first"
    if parameter.choices and value not in parameter.choices:
        return f"{name} is {value!r}; expected one of {', '.join(parameter.choices)}"
    if isinstance(value, float) and (wrong := _wrong_number(name, value)):
        return wrong
    if name in THRESHOLDS:
        assert isinstance(value, float)
        return threshold_refusal(name, value, others, configured)
    return None


def _wrong_number(name: str, value: float) -> str:
    """Say why a number within its range is none that can be used; empty where it is."""
    if not math.isfinite(value):
        return f"{name} is {value}; expected a finite number"
    if name == "max_rate" and -1 < value < 0:
        return f"max_rate is {value}; expected a number of frames per second, 0 for no limit, or -1"
    return ""
