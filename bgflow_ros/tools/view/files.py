# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""View of the segmentation of images, videos and bags."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from tqdm import tqdm

from bgflow_ros.media.frames import MediaError
from bgflow_ros.media.sources import Bag, Source
from bgflow_ros.segmentation.segmenter import Segmenter
from bgflow_ros.tools.view.scene import AGE, Scene

__all__ = ["show"]

STILL = 1.0
"""Seconds on the timeline for a single image that belongs to no sequence."""


def show(found: Iterable[Source], segmenter: Segmenter, scene: Scene, tell: Callable[[str], object]) -> int:
    """Segment and show every frame of all sources, one after another on a single timeline.

    Args:
        found: sources of frames.
        segmenter: segments the frames.
        scene: scene that shows them.
        tell: receives a line about each source that cannot be read, or only in part.

    Returns:
        Number of sources that cannot be read, or only in part.
    """
    second, told = 0.0, 0
    with tqdm(unit="frame") as bar:
        for source in found:
            begin = second
            try:
                for frame in source.frames():
                    if frame.second is not None:
                        second = begin + frame.second
                    scene.at_second(second)
                    start = time.perf_counter()
                    segmentation = segmenter(frame.rgb)
                    # They are computed when they are asked for, which belongs to the time that is shown.
                    _ = segmentation.likelihood, segmentation.foreground, segmentation.static
                    scene.statistics({f"{AGE}/segment": 1000 * (time.perf_counter() - start)})
                    scene.image(frame.rgb)
                    scene.segmentation(segmentation)
                    second += 1 / source.rate if source.is_sequence else STILL
                    bar.update()
            except MediaError as error:
                tell(str(error))
                told += 1
            if isinstance(source, Bag) and source.remark:
                tell(source.remark)
    return told
