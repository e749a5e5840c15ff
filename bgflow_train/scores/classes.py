# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""What the expert's classes say: a second opinion on the same features."""

from __future__ import annotations

from torch import Tensor, nn

from bgflow_train.encoders.pyramid import Pyramid
from bgflow_train.nyu40 import BACKGROUND_CLASSES, CLASSES
from bgflow_train.scores.base import Score

__all__ = ["ClassesScore"]


class ClassesScore(Score):
    """Log-odds of all foreground classes together against all of background."""

    name = "classes"

    def __init__(self, pyramid: Pyramid) -> None:
        super().__init__()
        self.classify: nn.Module = pyramid.classify
        self.background = list(BACKGROUND_CLASSES)
        self.foreground = [number for number in range(1, CLASSES + 1) if number not in BACKGROUND_CLASSES]

    def forward(self, maps: list[Tensor]) -> Tensor:
        """Log-odds of each cell of the last layer."""
        classes = self.classify(maps[-1])
        foreground: Tensor = classes[:, self.foreground].logsumexp(1, keepdim=True)
        background: Tensor = classes[:, self.background].logsumexp(1, keepdim=True)
        return foreground - background
