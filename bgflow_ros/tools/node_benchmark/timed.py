# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Node that also measures the time of each frame, and writes the times when it ends.

The timing runs together with everything else that is measured. It costs 6 microseconds and some hundred bytes a frame.
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
from bgflow_ros.segmentation.files import write_atomically
from bgflow_ros.segmentation.message_fields import nanoseconds
from bgflow_ros.segmentation.recovery import Recovery
from bgflow_ros.segmentation.segmenter import Segmentation, Segmenter
from bgflow_ros.tools.node_benchmark.children import ACTIVE

__all__ = ["Timing", "main"]


@dataclass
class Timing:
    """Times and durations of a frame in nanoseconds; 0 for steps that it did not reach."""

    stamp: int
    """Stamp of the image."""
    arrived: int
    """Begin of the callback, on the clock of the stamp."""
    begun: int
    """Begin of the callback, on the clock of all following fields."""
    refused: bool = False
    """The frame came sooner than `max_rate` allows."""
    left: int = 0
    """End of the callback."""
    taken: int = 0
    """Time at which the inference thread took the frame from the mailbox."""
    published: int = 0
    """Return of the last publish."""
    segmenter: int = 0
    """Duration of the call of the Segmenter: letterbox and network."""
    maps: int = 0
    """Duration of the requested maps: upsampling and threshold."""


class TimedMaps:
    """Proxy of a Segmentation that measures the time of each map."""

    def __init__(self, segmentation: Segmentation, of: TimedSegmenter) -> None:
        self._segmentation, self._of = segmentation, of

    def __getattr__(self, name: str) -> Any:
        start = time.perf_counter_ns()
        found = getattr(self._segmentation, name)
        self._of.maps += time.perf_counter_ns() - start
        return found


class TimedSegmenter(Segmenter):
    """Segmenter that keeps the nanoseconds of the last image; 0 if there was none since they were cleared."""

    call = maps = 0

    def __call__(self, image: npt.NDArray[np.uint8]) -> Segmentation:
        """Segment one image."""
        start = time.perf_counter_ns()
        segmentation = super().__call__(image)
        self.call = time.perf_counter_ns() - start
        return cast("Segmentation", TimedMaps(segmentation, self))


class TimedPipeline(pipeline.Pipeline):
    """Pipeline that keeps a Timing of each frame, by its stamp."""

    def __init__(self, *arguments: Any) -> None:
        self.timings: dict[int, Timing] = {}
        super().__init__(*arguments)

    def receive(self, message: Image | CompressedImage, info: Any) -> None:
        """Leave an image for the worker, and record when."""
        begun, arrived = time.perf_counter_ns(), time.time_ns()
        timing = Timing(nanoseconds(message.header), arrived, begun)
        # Stored before the inference thread looks for it.
        self.timings[timing.stamp] = timing
        refused = self._drops.counts["max_rate"]
        super().receive(message, info)
        timing.refused = self._drops.counts["max_rate"] > refused
        timing.left = time.perf_counter_ns()

    def answer(self, message: Image | CompressedImage) -> None:
        """Publish the requested outputs of an image, and record when."""
        taken = time.perf_counter_ns()
        timing = self.timings[nanoseconds(message.header)]
        timing.taken = taken
        segmenter = cast("TimedSegmenter", cast("Recovery", self.segment).segmenter)
        segmenter.call = segmenter.maps = 0
        super().answer(message)
        if segmenter.call:  # otherwise there was no subscriber
            timing.published = time.perf_counter_ns()
            timing.segmenter, timing.maps = segmenter.call, segmenter.maps


class TimedNode(node.SegmenterNode):
    """Node that writes a Timing of each frame, and facts about itself, to a file when it is destroyed."""

    def __init__(self, file: Path) -> None:
        super().__init__(TimedSegmenter, TimedPipeline)
        self._file = file
        self._itself: dict[str, str] = {}

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Activate, and print a line that says so."""
        result = super().on_activate(state)
        if self._inference is not None:
            self._itself = node.facts(self._inference.segmenter) | {"rmw": get_rmw_implementation_identifier()}
        print(ACTIVE, flush=True)
        return result

    def destroy_node(self) -> None:
        """Write the measured times, and destroy the node."""
        timed = cast("TimedPipeline | None", self._pipeline)
        timings = [asdict(timing) for timing in list(timed.timings.values())] if timed else []
        found = {"node": self._itself, "drops": self.drops.so_far(), "frames": timings}
        write_atomically(self._file, json.dumps(found).encode())
        super().destroy_node()


def main() -> int:
    """Run the node; the first argument is the file, all others are arguments of ROS."""
    return node.main(functools.partial(TimedNode, Path(sys.argv[1])))


if __name__ == "__main__":
    sys.exit(main())
