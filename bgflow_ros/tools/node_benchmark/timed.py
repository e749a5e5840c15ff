# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The node itself, which also takes the time of each frame and writes it when it ends.

The timing is part of the run that measures everything else: it was measured to cost 6 microseconds a frame, and it
keeps some hundred bytes of each.
"""

from __future__ import annotations

import functools
import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from rclpy.lifecycle import LifecycleState, TransitionCallbackReturn
from rclpy.utilities import get_rmw_implementation_identifier
from sensor_msgs.msg import CompressedImage, Image

from bgflow_ros.node import node, pipeline
from bgflow_ros.node.messages import nanoseconds
from bgflow_ros.segmentation.files import write_atomically
from bgflow_ros.segmentation.recovery import Recovery
from bgflow_ros.segmentation.segmenter import Segmentation, Segmenter
from bgflow_ros.tools.node_benchmark.children import ACTIVE

__all__ = ["Timing", "main"]


@dataclass
class Timing:
    """What became of a frame: moments and durations in nanoseconds, 0 where it did not come so far."""

    stamp: int
    """Of the image."""
    arrived: int
    """When the callback began, on the stamp's clock."""
    begun: int
    """The same moment on the clock of all that follows."""
    refused: bool = False
    """Sooner than `max_rate` allows."""
    left: int = 0
    """When the callback ended."""
    taken: int = 0
    """When the inference thread took the frame from the mailbox."""
    published: int = 0
    """When the last publish returned."""
    segmenter: int = 0
    """Duration of the Segmenter's call: letterbox and network."""
    maps: int = 0
    """Duration of the maps that were asked for: upsampling and threshold."""


class TimedMaps:
    """Stands for a Segmentation and takes the time of each map."""

    def __init__(self, segmentation: Segmentation, of: TimedSegmenter) -> None:
        self._segmentation, self._of = segmentation, of

    def __getattr__(self, name: str) -> Any:
        start = time.perf_counter_ns()
        found = getattr(self._segmentation, name)
        self._of.maps += time.perf_counter_ns() - start
        return found


class TimedSegmenter(Segmenter):
    """Keeps the nanoseconds that the last picture took, 0 when there was none since they were cleared."""

    call = maps = 0

    def __call__(self, image: npt.NDArray[np.uint8]) -> Segmentation:
        """Segment one picture."""
        start = time.perf_counter_ns()
        segmentation = super().__call__(image)
        self.call = time.perf_counter_ns() - start
        return cast("Segmentation", TimedMaps(segmentation, self))


class TimedPipeline(pipeline.Pipeline):
    """Keeps a Timing of each frame, by its stamp."""

    def __init__(self, *arguments: Any) -> None:
        self.timings: dict[int, Timing] = {}
        super().__init__(*arguments)

    def receive(self, message: Image | CompressedImage, info: Any) -> None:
        """Leave an image for the worker."""
        begun, arrived = time.perf_counter_ns(), time.time_ns()
        timing = Timing(nanoseconds(message.header), arrived, begun)
        # Before the inference thread looks for it.
        self.timings[timing.stamp] = timing
        refused = self._drops.counts["max_rate"]
        super().receive(message, info)
        timing.refused = self._drops.counts["max_rate"] > refused
        timing.left = time.perf_counter_ns()

    def answer(self, message: Image | CompressedImage) -> None:
        """Publish what is wanted of an image."""
        taken = time.perf_counter_ns()
        timing = self.timings[nanoseconds(message.header)]
        timing.taken = taken
        segmenter = cast("TimedSegmenter", cast("Recovery", self._segment).segmenter)
        segmenter.call = segmenter.maps = 0
        super().answer(message)
        if segmenter.call:  # else nobody wanted it
            timing.published = time.perf_counter_ns()
            timing.segmenter, timing.maps = segmenter.call, segmenter.maps


class TimedNode(node.SegmenterNode):
    """Writes a Timing of each frame, and what it knows of itself, to a file when it is destroyed."""

    def __init__(self, file: Path) -> None:
        super().__init__(TimedSegmenter, TimedPipeline)
        self._file = file
        self._itself: dict[str, str] = {}

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Activate and say so."""
        result = super().on_activate(state)
        if self._inference is not None:
            self._itself = node.facts(self._inference.segmenter) | {"rmw": get_rmw_implementation_identifier()}
        print(ACTIVE, flush=True)
        return result

    def destroy_node(self) -> None:
        """Write what was measured."""
        timed = cast("TimedPipeline | None", self._pipeline)
        timings = [asdict(timing) for timing in list(timed.timings.values())] if timed else []
        found = {"node": self._itself, "drops": self.drops.so_far(), "frames": timings}
        write_atomically(self._file, json.dumps(found).encode())
        super().destroy_node()


def main() -> int:
    """Run the node: the first argument is the file, the others are ROS's."""
    return node.main(functools.partial(TimedNode, Path(sys.argv[1])))


if __name__ == "__main__":
    sys.exit(main())
