# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Draw from above what `bgflow view --map` shows of two days: python doc/days_picture.py DAY1 DAY2 OUT.png."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib import pyplot as plt

from bgflow_ros.media.frames import Failures
from bgflow_ros.media.posed_recording import PosedRecording
from bgflow_ros.segmentation.masks import TINT
from bgflow_ros.segmentation.model import Model
from bgflow_ros.segmentation.segmenter import Segmenter
from bgflow_ros.tools.view.day_difference import DayDifference
from bgflow_ros.tools.view.days import kept
from bgflow_ros.tools.view.scene import ABSENT
from bgflow_ros.tools.view.voxel_map import VOXEL

KEEPS = {"all": "all depth", "not_foreground": "what is not foreground"}
TALLEST = 2.0
"""Height in metres above which the map is left out, so that one can look into the room."""


def differences(days: list[PosedRecording]) -> dict[str, DayDifference]:
    """Compare two days by each choice of depth."""
    segmenter = Segmenter(Model.load("default"), "cpu")
    found = {keeps: DayDifference() for keeps in KEEPS}
    for number, day in enumerate(days):
        if number:
            for difference in found.values():
                difference.next_day()
        for _, rgb, view in day.frames(Failures()):
            segmentation = segmenter(rgb)
            for keeps, difference in found.items():
                difference.add(view, kept(segmentation, keeps), rgb)
    return found


def draw(difference: DayDifference, title: str, axes: Any) -> None:
    """Draw the map from above, with what is new and what is gone."""

    def scatter(centers: npt.NDArray[np.float32], color: Any) -> None:
        axes.scatter(centers[:, 0], centers[:, 1], s=9, marker="s", c=color, linewidths=0)

    centers, colors = difference.map.voxels()
    low = centers[:, 2] < TALLEST
    upwards = np.argsort(centers[low, 2])
    scatter(centers[low][upwards], colors[low][upwards] / 255)
    new, gone = difference.new(), difference.gone()
    scatter(gone, np.array([ABSENT]) / 255)
    scatter(new, np.array([TINT]) / 255)
    area = VOXEL**2
    axes.set_title(f"map of {title}\nnew {area * len(new):.1f} m², gone {area * len(gone):.1f} m²", fontsize=9)
    axes.set_aspect("equal")
    axes.set_axis_off()


def main() -> None:
    """Write the picture."""
    *folders, out = map(Path, sys.argv[1:])
    found = differences([PosedRecording(folder) for folder in folders])
    figure, panels = plt.subplots(1, len(found), figsize=(8, 4.2), sharex=True, sharey=True, layout="constrained")
    for panel, (keeps, difference) in zip(panels, found.items(), strict=True):
        draw(difference, KEEPS[keeps], panel)
    figure.savefig(out, dpi=80)


if __name__ == "__main__":
    main()
