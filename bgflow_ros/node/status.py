# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""State of the node at one moment, from which its diagnostics are made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

__all__ = ["Age", "Camera", "Counts", "Demand", "Faults", "Inference", "NodeStatus", "Rates", "View"]


@dataclass(frozen=True)
class Camera:
    """The camera that the node subscribes to."""

    topic: str = ""
    """Resolved name of the image topic."""
    publishers: int = 0
    """Number of publishers on that topic."""
    silence: float = 0.0
    """Seconds since the last image."""
    obstacle: str = ""
    """Reason why the published images cannot be received; empty where there is none."""


@dataclass(frozen=True)
class Demand:
    """Subscribers of the node's outputs."""

    masks: bool = False
    """True while an output that needs inference has a subscriber."""
    only_info: bool = False
    """True while ~/camera_info, which accompanies masks, has a subscriber, and masks have none."""


@dataclass(frozen=True)
class Counts:
    """Numbers of frames since the node started."""

    received: int = 0
    answered: int = 0
    """Frames for which masks were published."""
    dropped: Mapping[str, int] = field(default_factory=dict)
    """Frames without an answer, by cause."""
    uncounted: Sequence[str] = ()
    """Causes whose frames cannot be counted on this ROS 2."""
    without_depth: int = 0
    """Masks for which no depth arrived."""


@dataclass(frozen=True)
class Rates:
    """Frames per second since the last report."""

    input: float | None = 0.0
    """Frames that the camera published; None where the number is unknown."""
    output: float = 0.0
    """Frames that were answered."""
    lost: float = 0.0
    """Frames that were lost between the camera and the node."""


@dataclass(frozen=True)
class Age:
    """Time from the stamp of an image to the publication of its masks."""

    seconds: Sequence[float] = ()
    """Ages of the last answers."""
    unknown: str = ""
    """Reason why the stamps give no age; empty where they do."""


@dataclass(frozen=True)
class View:
    """Contrast of the images, see `Segmentation.contrast`."""

    contrast: float | None = None
    """Contrast of the newest answered image; None before the first."""
    min_contrast: float = 0.0
    """Lowest contrast of images that show a room."""
    featureless: float = 0.0
    """Seconds for which every answered image has had less contrast."""


@dataclass(frozen=True)
class Inference:
    """The model and the device that it runs on."""

    facts: Mapping[str, str] = field(default_factory=dict)
    """Model, SHA-256, device, precision and CPU threads."""
    degraded: str = ""
    """Device in use instead of the requested one, and the reason; empty where all is well."""


@dataclass(frozen=True)
class Faults:
    """Everything that went wrong, as messages; each is empty where nothing did."""

    refusal: str = ""
    """Reason why the node could not be configured, or a transition failed."""
    failure: str = ""
    """Exception of a callback since the last report."""
    frame: str = ""
    """Reason why a frame could not be used since the last report."""
    last_frame: str = ""
    """Reason why a frame could not be used, whenever that was."""
    complaints: Sequence[str] = ()
    """Outputs that have subscribers and cannot be made, or not as they should be, with the reasons."""


@dataclass(frozen=True)
class NodeStatus:
    """State of the node at one moment."""

    name: str
    """Fully qualified node name."""
    state: str
    """Lifecycle state: unconfigured, inactive or active."""
    camera: Camera = Camera()
    demand: Demand = Demand()
    counts: Counts = Counts()
    rates: Rates = Rates()
    age: Age = Age()
    view: View = View()
    inference: Inference = Inference()
    pace: str = ""
    """Images that are answered and why, where `max_rate` leaves that to the node."""
    adaptation: str = ""
    """What a call of ~/adapt is doing; empty where there is none."""
    faults: Faults = Faults()
