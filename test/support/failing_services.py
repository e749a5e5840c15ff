# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Node whose services raise: while the worker writes a frame, when a frame is requested, and at a reset."""

from __future__ import annotations

import sys
from typing import Any

from bgflow_ros.node import frame_request, services
from bgflow_ros.node.node import SegmenterNode, main
from bgflow_ros.segmentation.refinement import Refiner


def write(*arguments: Any) -> None:
    services.FrameRequest = refuse  # type: ignore[misc,assignment]
    raise RuntimeError("written by the worker")


def refuse(*arguments: Any) -> None:
    raise RuntimeError("asked for")


class FailingNode(SegmenterNode):
    def __init__(self) -> None:
        super().__init__()
        frame_request.save_frame = write  # type: ignore[assignment]

    def on_activate(self, state: Any) -> Any:
        result = super().on_activate(state)

        def reset() -> None:
            raise RuntimeError("nothing is forgotten")

        self._refiner.reset = reset  # type: ignore[method-assign]
        assert isinstance(self._refiner, Refiner)
        return result


if __name__ == "__main__":
    sys.exit(main(FailingNode))
