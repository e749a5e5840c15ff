# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""View of a map of one day and of what is different on others, from recordings of depth with known poses."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from bgflow_ros.media.frames import Failures
from bgflow_ros.media.posed_recording import PosedRecording
from bgflow_ros.segmentation.segmenter import Segmentation, Segmenter
from bgflow_ros.tools.view.day_difference import DayDifference
from bgflow_ros.tools.view.scene import Scene

__all__ = ["kept", "show_days"]

EVERY = 5
"""Number of frames after which the map is sent again; it is by far the largest of what is shown."""
NIGHT = 1.0
"""Seconds on the timeline between two days."""


def show_days(
    days: Sequence[PosedRecording], segmenter: Segmenter, scene: Scene, keeps: str, tell: Callable[[str], object]
) -> int:
    """Map the first day and show it; on each further day show what is new and what is gone.

    Args:
        days: Recordings of one place, with poses in one frame of the world; the day of the map first.
        segmenter: Segments the images.
        scene: Scene that shows them.
        keeps: What of the depth is mapped: `static`, all that is `not_foreground`, or `all`.
        tell: Receives a line about what could not be used of a day.

    Returns:
        Number of lines that were told.
    """
    difference, begin, told = DayDifference(), 0.0, 0
    with tqdm(total=sum(day.count for day in days), unit="frame") as bar:
        for number, day in enumerate(days):
            if number:
                difference.next_day()
            failures, second = Failures(), 0.0
            for count, (second, rgb, view) in enumerate(day.frames(failures), 1):
                scene.at_second(begin + second)
                found = segmenter(rgb)
                scene.image(rgb)
                scene.segmentation(found)
                scene.viewpoint(view.intrinsics, view.pose, rgb.shape[1], rgb.shape[0])
                difference.add(view, kept(found, keeps), rgb)
                if count % EVERY == 1:
                    _show(scene, difference, number == 0)
                bar.update()
            _show(scene, difference, number == 0)
            begin += second + NIGHT
            lines = [f"{count} left out: {message}" for count, message in failures.told()]
            lines += day.remarks
            for line in lines:
                tell(f"{day.folder}: {line}")
            told += len(lines)
    return told


def _show(scene: Scene, difference: DayDifference, grows: bool) -> None:
    if grows:
        scene.map(*difference.map.voxels())
    scene.difference(difference.new(), difference.gone())


def kept(found: Segmentation, keeps: str) -> npt.NDArray[np.bool_]:
    """Tell where depth is mapped, H x W, by the value of `keeps` of `show_days`."""
    if keeps == "all":
        return np.ones(found.foreground.shape, np.bool_)
    mask: npt.NDArray[np.uint8] = getattr(found, keeps)
    return mask > 0
