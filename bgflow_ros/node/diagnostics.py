# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""What the node tells `/diagnostics` once a second (REP-107)."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from diagnostic_msgs.msg import DiagnosticStatus, KeyValue

from bgflow_ros.node.publishers import count

__all__ = ["LOST", "PERIOD", "SILENT", "SLEEPING", "Complaints", "Seen", "doubtful_view", "status"]

PERIOD = 1.0
"""Seconds between two reports."""
SILENT, SLEEPING = 1.0, 5.0
"""Seconds without a frame after which there is a warning, and after which it is an error."""
FEATURELESS = 1.0
"""Seconds of featureless images after which there is a warning."""
LOST = 0.1
"""Share of the frames lost on their way to the node beyond which there is a warning."""

UNKNOWN = "unknown"
"""Value of what cannot be known on this ROS 2."""
REMEDY = "see config/fastdds_shm.xml, for the camera's driver too"
"""Where images are published and do not come."""


@dataclass(frozen=True)
class Seen:
    """What a report is made of."""

    name: str
    """Of the node, with its namespace."""
    state: str
    """Of the lifecycle: unconfigured, inactive, active, ..."""
    refusal: str = ""
    """Why the node was not configured when it last should have been."""
    received: int = 0
    """Frames since the start."""
    answered: int = 0
    """Of these, those with masks."""
    drops: Mapping[str, int] = field(default_factory=dict)
    """Frames dropped since the start, by cause."""
    uncounted: Sequence[str] = ()
    """Causes whose frames cannot be counted on this ROS 2."""
    topic: str = ""
    """Of the images, resolved."""
    cameras: int = 0
    """Publishers of images on it."""
    silence: float = 0.0
    """Seconds since the last frame."""
    wanted: bool = False
    """Whether somebody subscribes to what is made of the frames."""
    lone: bool = False
    """Whether somebody wants ~/camera_info, which accompanies masks, and nobody masks."""
    input_rate: float | None = 0.0
    """Frames a second that the camera published; None where nobody knows."""
    output_rate: float = 0.0
    """Frames a second that were answered."""
    lost_rate: float = 0.0
    """Frames a second that were lost on the way to the node."""
    ages: Sequence[float] = ()
    """Seconds from the stamp of each frame answered to its publication."""
    no_age: str = ""
    """Why stamps tell no age."""
    fault: str = ""
    """Why a frame could not be used, since the last report."""
    last_fault: str = ""
    """Why a frame could not be used, whenever that was."""
    failure: str = ""
    """Callback that raised since the last report, and what."""
    obstacle: str = ""
    """Why images that are published cannot be received."""
    complaints: Sequence[str] = ()
    """What is wanted and cannot be made, or not as it should, and what was seen."""
    degraded: str = ""
    """What inference runs on instead of what it should, and why."""
    without_depth: int = 0
    """Masks since the start that no depth came for."""
    contrast: float | None = None
    """Contrast of the newest image answered, see `Segmentation.contrast`."""
    min_contrast: float = 0.0
    """What images of rooms have at least."""
    featureless: float = 0.0
    """Seconds for which all images answered have had less."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """Model, device and the like."""


def status(seen: Seen) -> DiagnosticStatus:
    """Judge what was seen, and tell it all."""
    level, message = _judge(seen)
    values = dict(seen.facts) | {
        "state": seen.state,
        "input rate (Hz)": UNKNOWN if seen.input_rate is None else f"{seen.input_rate:.1f}",
        "output rate (Hz)": f"{seen.output_rate:.1f}",
        "seconds since the last frame": f"{seen.silence:.1f}",
    }
    if seen.ages:
        p50, p95 = np.percentile(seen.ages, (50, 95)) * 1000
        values |= {"age p50 (ms)": f"{p50:.1f}", "age p95 (ms)": f"{p95:.1f}"}
    elif seen.no_age:
        values["age"] = f"none: {seen.no_age}"
    if seen.contrast is not None:
        values["contrast"] = f"{seen.contrast:.2f}"
    values |= {"frames received": str(seen.received), "frames answered": str(seen.answered)}
    values |= {f"dropped: {cause}": str(count) for cause, count in sorted(seen.drops.items())}
    values |= {f"dropped: {cause}": UNKNOWN for cause in seen.uncounted}
    values["masks without depth"] = str(seen.without_depth)
    values["last refusal"] = seen.refusal or seen.last_fault
    return DiagnosticStatus(
        level=level,
        name=f"{seen.name}: segmentation",
        message=message,
        hardware_id=seen.topic,
        values=[KeyValue(key=key, value=value) for key, value in values.items()],
    )


def _judge(seen: Seen) -> tuple[bytes, str]:
    ok, warn, error = DiagnosticStatus.OK, DiagnosticStatus.WARN, DiagnosticStatus.ERROR
    if seen.refusal:
        return error, f"not configured: {seen.refusal}"
    cameras = count(seen.cameras)
    lost = 100 * seen.lost_rate / max(seen.input_rate or 0.0, 1e-9)
    sleeping = error if seen.silence > SLEEPING else warn
    silent = f"no image for {seen.silence:.0f} s on {seen.topic} ({cameras})"
    silent += f"; {REMEDY}" if seen.silence > SLEEPING and seen.cameras and not seen.obstacle else ""
    active = seen.state == "active"
    findings = (
        (active and seen.silence > SILENT, sleeping, silent),
        (seen.obstacle, warn, seen.obstacle),
        (seen.degraded, error, seen.degraded),
        (seen.failure, warn, seen.failure),
        (seen.fault, warn, seen.fault),
        *((True, warn, complaint) for complaint in seen.complaints),
        (lost > 100 * LOST, warn, f"{lost:.0f} % of the images are lost on the way; {REMEDY}"),
        (seen.cameras > 1, warn, f"{cameras} of images on {seen.topic}; expected one camera"),
        (unsure := doubtful_view(seen), warn, unsure),
    )
    # In order of urgency; none hides another.
    if found := [(level, message) for is_so, level, message in findings if is_so]:
        return max(level for level, _ in found), "; ".join(dict.fromkeys(message for _, message in found))
    if not active:
        return ok, seen.state
    if not seen.wanted:
        lone = "; ~/camera_info comes with masks alone" if seen.lone else ""
        return ok, f"nobody subscribes; nothing is inferred{lone}"
    no_age = f"; no age: {seen.no_age}" if seen.no_age else ""
    return ok, f"{seen.output_rate:.1f} masks a second of {seen.input_rate or 0.0:.1f} images{no_age}"


def doubtful_view(seen: Seen) -> str:
    """Say that the model has told nothing apart for a while; empty where it has, or nobody wants masks."""
    if not seen.wanted or seen.featureless < FEATURELESS:
        return ""
    return (
        f"the model is unsure of this view: it tells nothing apart (contrast {seen.contrast or 0:.2f}, rooms have "
        f"{seen.min_contrast:.2f} or more); is the lens covered, the room dark, a wall too near?"
    )


class Complaints:
    """Logs each complaint when it begins, again and again no sooner than after PATIENCE.

    Args:
        tell: receives a line.
    """

    PATIENCE = 10.0

    def __init__(self, tell: Callable[[str], object]) -> None:
        self._tell = tell
        self._lasting: set[str] = set()
        self._told: dict[str, float] = {}

    def update(self, complaints: Iterable[str]) -> None:
        """Take those of now; two that differ in their numbers alone are the same."""
        now = time.monotonic()
        found = {re.sub(r"[0-9.]+", "", complaint): complaint for complaint in complaints if complaint}
        for kind in found.keys() - self._lasting:
            if now - self._told.get(kind, -math.inf) > self.PATIENCE:
                self._told[kind] = now
                self._tell(found[kind])
        self._lasting = set(found)
