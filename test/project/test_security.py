# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The SROS 2 policy against the graph of the real node."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree

import pytest

pytest.importorskip("rclpy", reason="needs rclpy, from ROS or its wheels")

from sensor_msgs.msg import PointCloud2
from support.robot import Robot, Segment, model

POLICY = Path(__file__).resolve().parents[2] / "config" / "segmenter.policy.xml"
QUALIFIERS = {"publish", "subscribe", "reply", "request", "call", "execute"}


def allowed() -> dict[str, set[str]]:
    """Names that the policy allows, resolved, by what may be done with them (sros2, permissions.xsl).

    Without those that a node lacks where vision_msgs is not installed.
    """
    found: dict[str, set[str]] = {qualifier: set() for qualifier in QUALIFIERS}
    [profile] = ElementTree.parse(POLICY).getroot().iter("profile")
    namespace, node = profile.attrib["ns"], profile.attrib["node"]
    for group in profile:
        for qualifier in QUALIFIERS & group.attrib.keys():
            assert group.attrib[qualifier] == "ALLOW"
            for entry in group:
                name = str(entry.text)
                private = name.startswith("~/")
                resolved = namespace + node + name[1:] if private else name if name[0] == "/" else namespace + name
                assert resolved not in found[qualifier], f"{resolved} twice"
                found[qualifier].add(resolved)
    if find_spec("vision_msgs") is None:
        found["publish"].remove("/segmenter/label_info")
    return found


def seen(robot: Robot) -> dict[str, set[str]]:
    """Names that the node has in the graph, as a robot knows it, by what is done with them."""
    # Its services may answer before the graph knows its name; until then it has none.
    if ("segmenter", "/") not in robot.node.get_node_names_and_namespaces():
        return {qualifier: set() for qualifier in QUALIFIERS}
    graph = {
        "publish": robot.node.get_publisher_names_and_types_by_node,
        "subscribe": robot.node.get_subscriber_names_and_types_by_node,
        "reply": robot.node.get_service_names_and_types_by_node,
        "request": robot.node.get_client_names_and_types_by_node,
    }
    found = {qualifier: {name for name, _ in names("segmenter", "/")} for qualifier, names in graph.items()}
    return found | {"call": set(), "execute": set()}


def seen_by_a_newcomer() -> dict[str, set[str]]:
    """Names that the node has once it is active and somebody subscribes to its points, for which it needs depth."""
    robot = Robot()
    try:
        assert robot.until(lambda: robot.state() == "active")
        robot.subscribe("segmenter/foreground_points", PointCloud2)
        robot.until(lambda: seen(robot) == allowed(), 10)
        robot.until(lambda: False, 1)  # nothing may come later
        return seen(robot)
    finally:
        robot.close()


def test_the_policy_allows_what_the_node_has_and_nothing_else(tiny: Path) -> None:
    segment = Segment(model(tiny))
    try:
        # On a busy machine, the news of a node's graph can get lost for good to one participant; the next is told all.
        for _ in range(4):
            if (found := seen_by_a_newcomer()) == allowed():
                break
        assert allowed() == found
    finally:
        segment.close()
