# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The node with inference that fails as often as the file FAILURES says, which counts down."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bgflow_ros.ros.node import SegmenterNode, main
from bgflow_ros.segmenter import Segmentation, Segmenter


class FailingSegmenter(Segmenter):
    def __call__(self, image: npt.NDArray[np.uint8]) -> Segmentation:
        failures = Path(os.environ["FAILURES"])
        if left := int(failures.read_text()):
            failures.write_text(str(left - 1))
            raise RuntimeError("the driver is gone")
        return super().__call__(image)


class FailingNode(SegmenterNode):
    segmenter_class = FailingSegmenter


if __name__ == "__main__":
    sys.exit(main(FailingNode))
