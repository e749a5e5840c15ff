# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Inference that mends itself: a card or a driver may fail for good after hours of work."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from bgflow_ros.segmentation.segmenter import Segmentation, Segmenter

__all__ = ["FAILURES", "Recovery"]

FAILURES = 3
"""Failures in a row after which the session is made anew."""


class Recovery:
    """Runs a segmenter. After three failures in a row it is made anew, after three more on the CPU.

    On the CPU it stays, and is made anew there as often as three more fail.

    Args:
        make: gives a segmenter for a device (auto, cpu, cuda or tensorrt).
        device: to begin with.
        tell: receives a line whenever a segmenter is made anew.

    Raises:
        DeviceError, ModelError: see `Segmenter`.
    """

    def __init__(self, make: Callable[[str], Segmenter], device: str, tell: Callable[[str], object]) -> None:
        self._make, self._device, self._tell = make, device, tell
        self.segmenter = make(device)
        self.degraded = ""
        """Where inference runs instead of where it should, and why."""
        self._failures = 0
        self._renewed = False

    def __call__(self, image: npt.NDArray[np.uint8]) -> Segmentation:
        """Segment one picture; what inference raises is passed on, after mending."""
        try:
            segmentation = self.segmenter(image)
        except Exception as error:
            self._failures += 1
            if self._failures % FAILURES == 0:
                self._mend(error)
            raise
        self._failures, self._renewed = 0, False
        return segmentation

    def _mend(self, error: Exception) -> None:
        broken = self.segmenter
        reason = f"{FAILURES} failures in a row on {broken.runtime.device} ({type(error).__name__}: {error})"
        devices = ["cpu"] if self.degraded or self._renewed else [self._device, "cpu"]
        for device in devices:
            try:
                segmenter = self._make(device)
            except Exception as refusal:  # the driver may raise anything now
                self._tell(f"{reason}; cannot be made anew on {device}: {refusal}")
                continue
            self._renewed = True
            if segmenter.runtime.device == "cpu" != broken.runtime.device:
                self.degraded = f"inference runs on the CPU after {reason}"
            self._tell(f"{reason}; made anew on {segmenter.runtime.device}")
            segmenter.thresholds, segmenter.min_static = broken.thresholds, broken.min_static
            self.segmenter = segmenter
            return
