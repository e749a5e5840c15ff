# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The node with inference that fails as often as the file FAILURES says."""

from __future__ import annotations

import functools
import os
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bgflow_ros.node.node import SegmenterNode, main
from bgflow_ros.segmentation.segmenter import Segmentation, Segmenter


class FailingSegmenter(Segmenter):
    failed = 0
    """Times, of this and those made before it: counted here, since the file is the test's to write."""

    def __call__(self, image: npt.NDArray[np.uint8]) -> Segmentation:
        if FailingSegmenter.failed < int(Path(os.environ["FAILURES"]).read_text()):
            FailingSegmenter.failed += 1
            raise RuntimeError("the driver is gone")
        return super().__call__(image)


if __name__ == "__main__":
    sys.exit(main(functools.partial(SegmenterNode, FailingSegmenter)))
