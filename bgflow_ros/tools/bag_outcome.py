# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""What came of copying a bag with masks."""

from __future__ import annotations

from dataclasses import dataclass, field

from bgflow_ros.media.frames import Failures
from bgflow_ros.media.rosbag.topics import CameraTopics
from bgflow_ros.segmentation.pairing import TOLERANCE

__all__ = ["Outcome"]


@dataclass
class Outcome:
    """Result of copying a bag."""

    topics: CameraTopics
    masks: int = 0
    """Number of images that have masks."""
    depths: int = 0
    """Number of depth images that were paired with masks."""
    images: Failures = field(default_factory=Failures)
    """Images that could not be used and have no masks."""
    outputs: Failures = field(default_factory=Failures)
    """Outputs of depth or calibration that could not be made for an image with masks."""
    problems: list[str] = field(default_factory=list)
    """Everything else that the user must know."""
    unrectified: list[str] = field(default_factory=list)
    """Warnings that points are only right for one kind of image, rectified or not."""

    def remarks(self) -> list[str]:
        """List notes that concern nothing missing."""
        alone = self.masks - self.depths if self.topics.depth and self.depths else 0
        lines = [f"{alone} of {self.masks} masks have no depth within {TOLERANCE * 1e-6:.0f} ms"] if alone > 0 else []
        return [*self.topics.remarks, *lines, *self.unrectified]

    def told(self) -> list[str]:
        """List everything that is missing; empty where the new bag has everything that it could have."""
        lines = [f"{count} messages without masks: {error}" for count, error in self.images.told()]
        lines += [f"{count} outputs missing: {error}" for count, error in self.outputs.told()]
        if not self.masks:
            lines.append(f"no masks: {self.topics.image} has {self.images.total} messages, none of which can be used")
        return [*self.topics.problems, *lines, *self.problems]
