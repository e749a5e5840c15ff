# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Evidence from the classes that the backbone predicts: a second opinion on the same features."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from bgflow_rooms.nyu40 import BACKGROUND_CLASSES, CLASSES
from bgflow_train.model.scores.base import Score
from bgflow_train.networks.pyramid import Pyramid

__all__ = ["ClassesScore"]

LARGE = 60.0
"""Bound of the logits, so that their exponentials are finite and above zero in float32."""


class ClassesScore(Score):
    """Log-odds of all foreground classes together against all background classes."""

    name = kind = "classes"
    index = -1

    def __init__(self, backbone: Pyramid) -> None:
        super().__init__()
        self.classify: nn.Module = backbone.classify
        sides = torch.zeros(2, CLASSES + 1, 1, 1)
        sides[0, 1:] = 1
        sides[:, list(BACKGROUND_CLASSES)] = torch.tensor([0.0, 1.0])[:, None, None, None]
        # One 1x1 convolution sums both groups of classes; ONNX Runtime's ReduceLogSumExp takes ten times as long.
        self.sides = nn.Buffer(sides, persistent=False)

    def forward(self, maps: list[Tensor]) -> Tensor:
        """Compute the log-odds of each cell of the last layer."""
        classes = self.classify(maps[-1])
        likelihoods = classes.clamp(-LARGE, LARGE).exp()
        foreground, background = F.conv2d(likelihoods, self.sides).log().split(1, dim=1)
        odds: Tensor = foreground - background
        return odds
