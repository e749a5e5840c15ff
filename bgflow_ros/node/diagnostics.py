# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Diagnostics of the node, published once a second on `/diagnostics` (REP 107)."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Iterable

import numpy as np
from diagnostic_msgs.msg import DiagnosticStatus, KeyValue

from bgflow_ros.node.publishers import count
from bgflow_ros.node.status import NodeStatus
from bgflow_ros.segmentation.segmenter import FEATURELESS_CAUSES

__all__ = ["LOST_SHARE", "PERIOD", "SILENT", "SLEEPING", "Complaints", "diagnostic_status", "doubtful_view"]

PERIOD = 1.0
"""Seconds between two reports."""
SILENT, SLEEPING = 1.0, 5.0
"""Seconds without a frame after which there is a warning, and after which it is an error."""
FEATURELESS = 1.0
"""Seconds of featureless images after which there is a warning."""
LOST_SHARE = 0.1
"""Share of the frames lost on their way to the node beyond which there is a warning."""

UNKNOWN = "unknown"
"""Value that cannot be known on this ROS 2."""
REMEDY = "see config/fastdds_shm.xml, for the camera's driver too"
"""Advice where images are published and do not arrive."""


def diagnostic_status(status: NodeStatus) -> DiagnosticStatus:
    """Make the message that reports a status, with its level, a summary and every value."""
    level, message = _judge(status)
    counts, rates, age, faults = status.counts, status.rates, status.age, status.faults
    values = dict(status.inference.facts) | {
        "state": status.state,
        "input rate (Hz)": UNKNOWN if rates.input is None else f"{rates.input:.1f}",
        "output rate (Hz)": f"{rates.output:.1f}",
        "seconds since the last frame": f"{status.camera.silence:.1f}",
    }
    if age.seconds:
        p50, p95 = np.percentile(age.seconds, (50, 95)) * 1000
        values |= {"age p50 (ms)": f"{p50:.1f}", "age p95 (ms)": f"{p95:.1f}"}
    elif age.unknown:
        values["age"] = f"none: {age.unknown}"
    if status.view.contrast is not None:
        values["contrast"] = f"{status.view.contrast:.2f}"
    values |= {"frames received": str(counts.received), "frames answered": str(counts.answered)}
    values |= {f"dropped: {cause}": str(number) for cause, number in sorted(counts.dropped.items())}
    values |= {f"dropped: {cause}": UNKNOWN for cause in counts.uncounted}
    if status.pace:
        values["pace"] = status.pace
    if status.adaptation:
        values["adaptation"] = status.adaptation
    values["masks without depth"] = str(counts.without_depth)
    values["last refusal"] = faults.refusal or faults.last_frame
    return DiagnosticStatus(
        level=level,
        name=f"{status.name}: segmentation",
        message=message,
        hardware_id=status.camera.topic,
        values=[KeyValue(key=key, value=value) for key, value in values.items()],
    )


def _judge(status: NodeStatus) -> tuple[bytes, str]:
    """Level and summary of a status."""
    ok, warn, error = DiagnosticStatus.OK, DiagnosticStatus.WARN, DiagnosticStatus.ERROR
    camera, rates, faults = status.camera, status.rates, status.faults
    if faults.refusal:
        return error, f"not configured: {faults.refusal}"
    cameras = count(camera.publishers)
    lost = 100 * rates.lost / max(rates.input or 0.0, 1e-9)
    sleeping = error if camera.silence > SLEEPING else warn
    silent = f"no image for {camera.silence:.0f} s on {camera.topic} ({cameras})"
    silent += f"; {REMEDY}" if camera.silence > SLEEPING and camera.publishers and not camera.obstacle else ""
    active = status.state == "active"
    unsure = doubtful_view(status)
    findings = (
        (active and camera.silence > SILENT, sleeping, silent),
        (camera.obstacle, warn, camera.obstacle),
        (status.inference.degraded, error, status.inference.degraded),
        (faults.failure, warn, faults.failure),
        (faults.frame, warn, faults.frame),
        *((True, warn, complaint) for complaint in faults.complaints),
        (lost > 100 * LOST_SHARE, warn, f"{lost:.0f} % of the images are lost on the way; {REMEDY}"),
        (camera.publishers > 1, warn, f"{cameras} of images on {camera.topic}; expected one camera"),
        (unsure, warn, unsure),
    )
    # In order of urgency; none hides another.
    if found := [(level, message) for is_so, level, message in findings if is_so]:
        return max(level for level, _ in found), "; ".join(dict.fromkeys(message for _, message in found))
    if not active:
        return ok, status.state
    if not status.demand.masks:
        only_info = "; ~/camera_info comes only with masks" if status.demand.only_info else ""
        return ok, f"nobody subscribes; nothing is inferred{only_info}"
    no_age = f"; no age: {status.age.unknown}" if status.age.unknown else ""
    return ok, f"{rates.output:.1f} masks a second of {rates.input or 0.0:.1f} images{no_age}"


def doubtful_view(status: NodeStatus) -> str:
    """Warning about images in which the model has told nothing apart for a while; empty where there is none."""
    view = status.view
    if not status.demand.masks or view.featureless < FEATURELESS:
        return ""
    return (
        f"the model is unsure of this view: its output shows almost no contrast ({view.contrast or 0:.2f}, rooms "
        f"have {view.min_contrast:.2f} or more); {FEATURELESS_CAUSES}"
    )


class Complaints:
    """Logs each complaint when it begins, and the same one again after PATIENCE at the earliest.

    Args:
        tell: logs a line.
    """

    PATIENCE = 10.0

    def __init__(self, tell: Callable[[str], object]) -> None:
        self._tell = tell
        self._lasting: set[str] = set()
        self._told: dict[str, float] = {}

    def update(self, complaints: Iterable[str]) -> None:
        """Set the present complaints; two that differ only in their numbers count as the same."""
        now = time.monotonic()
        found = {re.sub(r"[0-9.]+", "", complaint): complaint for complaint in complaints if complaint}
        for kind in found.keys() - self._lasting:
            if now - self._told.get(kind, -math.inf) > self.PATIENCE:
                self._told[kind] = now
                self._tell(found[kind])
        self._lasting = set(found)
