# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Check that a node works."""

from __future__ import annotations

from diagnostic_msgs.msg import DiagnosticStatus
from soak.camera import FilmingRobot

from support.robot import Segment


def goes_on(robot: FilmingRobot, node: Segment) -> None:
    """Assert that masks come, the diagnostics are OK and every frame is accounted for."""
    seen = robot.masks
    assert robot.until(lambda: robot.masks > seen + 5), node.log()
    assert robot.until(lambda: robot.diagnosis.level == DiagnosticStatus.OK), robot.diagnosis.message
    with robot.behaving(rate=0.0):
        before = robot.diagnosis
        assert robot.until(lambda: robot.diagnosis is not before)
        before = robot.diagnosis  # what was under way at the first one is done by the second
        assert robot.until(lambda: robot.diagnosis is not before)
    received, answered, dropped = robot.counts()
    dropped.pop("lost on the way", None)
    assert received == answered + sum(dropped.values()), robot.told
    assert "Traceback" not in node.log()
