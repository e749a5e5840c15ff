# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Labels for Nav2's semantic_segmentation_layer, beside a Nav2 that is started elsewhere: doc/nav2.md.

All arguments of segment.launch.py but `autostart` are arguments of this file too, see --show-args.
"""

from __future__ import annotations

from collections.abc import Mapping

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity

from bgflow_ros.launching.arguments import MANAGED, needed_managed_segmenter, parameter_file_argument
from bgflow_ros.launching.description import checked_description, managed_segmenter

ARGUMENTS = {
    "costmap_file": parameter_file_argument(
        "costmap_file", "Parameter file with the segmenter's lifecycle manager", "semantic_costmap.yaml"
    ),
    **MANAGED,
}
"""Arguments by name."""


def generate_launch_description() -> LaunchDescription:
    """Describe the launch; what is started depends on the values of the arguments."""
    return checked_description(__file__, ARGUMENTS, needed, start)


def needed(given: Mapping[str, str]) -> list[tuple[str, str]]:
    """Name package and executable of everything that is started."""
    # Without the names of the labels, in a message of vision_msgs, the layer takes none.
    return [("vision_msgs", ""), *needed_managed_segmenter(given)]


def start(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Start the unconfigured segmenter and its lifecycle manager."""
    return [managed_segmenter(context.launch_configurations, "costmap_file")]
