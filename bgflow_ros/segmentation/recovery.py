# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Inference that recovers by itself when a graphics card or its driver fails after hours of work."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from bgflow_ros.segmentation.segmenter import Segmentation, Segmenter

__all__ = ["FAILURES", "Recovery"]

FAILURES = 3
"""Consecutive failures after which the session is created again."""


class Recovery:
    """Runs a segmenter and creates it again after three consecutive failures, after three more on the CPU.

    From then on it stays on the CPU, where it is created again after every three failures.

    Args:
        make: creates a segmenter for a device (auto, cpu, cuda or tensorrt).
        device: device to start with.
        tell: receives a line whenever the segmenter is created again.

    Raises:
        DeviceError, ModelError: see `Segmenter`.
    """

    def __init__(self, make: Callable[[str], Segmenter], device: str, tell: Callable[[str], object]) -> None:
        self._make, self._device, self._tell = make, device, tell
        self.segmenter = make(device)
        self.degraded = ""
        """Device in use instead of the requested one, and the reason; empty where all is well."""
        self._failures = 0
        self._renewed = False

    def __call__(self, image: npt.NDArray[np.uint8]) -> Segmentation:
        """Segment one image; inference errors are re-raised after recovery."""
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
            except Exception as refusal:  # a broken driver may raise anything
                self._tell(f"{reason}; cannot be created again on {device}: {refusal}")
                continue
            self._renewed = True
            if segmenter.runtime.device == "cpu" != broken.runtime.device:
                self.degraded = f"inference runs on the CPU after {reason}"
            self._tell(f"{reason}; created again on {segmenter.runtime.device}")
            segmenter.thresholds, segmenter.min_static = broken.thresholds, broken.min_static
            self.segmenter = segmenter
            return
