# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Evidence from the backbone's own head: the paper's baseline, and the strongest single score on known data."""

from __future__ import annotations

from torch import Tensor

from bgflow_train.model.scores.base import Score
from bgflow_train.networks.pyramid import Pyramid

__all__ = ["HeadScore"]


class HeadScore(Score):
    """Foreground logit of the backbone's head."""

    name = kind = "head"
    index = -1

    def __init__(self, backbone: Pyramid) -> None:
        super().__init__()
        self.head = backbone.head

    def forward(self, maps: list[Tensor]) -> Tensor:
        """Compute the foreground logit of each cell of the last layer."""
        logits: Tensor = self.head(maps[-1])
        return logits
