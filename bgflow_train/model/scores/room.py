# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""A density of this very picture: what the head is sure of says what the rest of the room is."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from bgflow_train.model.scores.base import Score
from bgflow_train.networks.pyramid import Pyramid

__all__ = ["RoomScore"]

TINY = 1e-30
"""The least that either density is: a head that is wholly sure leaves the other side nothing."""


class RoomScore(Score):
    """Log-ratio of two kernel densities of the picture's own cells: foreground against background.

    The kernel is the paper's (III-B1), exp(cosine / temperature); instead of features stored while training, each cell
    of the picture counts, with the probability that the head gives it. So a white wall that the head knows pulls in the
    white pillar that it does not.

    Args:
        backbone: Its layer 6 gives the descriptors, its head the weights.
        index: Index of layer 6 among the layers of the backbone.
    """

    name = "room"
    TEMPERATURE = 0.05
    """Of the kernel: cosines that differ by it differ by a factor e."""
    COARSER = 2
    """The cells that count are averages over squares of so many."""

    def __init__(self, backbone: Pyramid, index: int) -> None:
        super().__init__()
        self.head, self.index = backbone.head, index

    def forward(self, maps: list[Tensor]) -> Tensor:
        """Log-ratio at each cell of layer 6."""
        _, channels, height, width = maps[self.index].shape
        coarse = F.avg_pool2d(maps[self.index], self.COARSER)
        cells, examples = (_normal(map.reshape(channels, -1)) for map in (maps[self.index], coarse))
        logits = self.head(maps[-1])
        head = F.avg_pool2d(logits, logits.shape[3] // coarse.shape[3]).reshape(-1)
        # Cosines are at most 1, so nothing overflows, and one exponential serves both densities.
        kernel = ((examples.T / self.TEMPERATURE) @ cells).exp()
        weights = torch.stack([head, -head]).sigmoid()
        foreground, background = (weights @ kernel).clamp(min=TINY).log().unbind()
        ratio: Tensor = foreground - background
        return ratio.reshape(1, 1, height, width)


def _normal(cells: Tensor) -> Tensor:
    """Scale each column to length 1."""
    lengths: Tensor = cells.norm(dim=0, keepdim=True)
    return cells / lengths.clamp(min=1e-12)
