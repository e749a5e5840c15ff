# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Time for which the camera's images have been featureless."""

from __future__ import annotations

import time

from bgflow_ros.segmentation.segmenter import Segmentation

__all__ = ["Contrast"]


class Contrast:
    """Follows the contrast of the answered images; one thread adds images and another one reads the result."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Forget earlier images."""
        self.newest: float | None = None
        """Contrast of the newest image; None before the first."""
        self.least = 0.0
        """Contrast below which an image is featureless; 0 where the model does not state it."""
        self.seconds = 0.0
        """Seconds for which all images have been featureless, up to the newest one."""
        self._since: float | None = None

    def add(self, segmentation: Segmentation) -> None:
        """Add the newest image."""
        now = time.monotonic()
        if not segmentation.featureless:
            self._since = None
        elif self._since is None:
            self._since = now
        self.newest, self.least = segmentation.contrast, segmentation.min_contrast or 0.0
        self.seconds = 0.0 if self._since is None else now - self._since
