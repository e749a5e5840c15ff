# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Evidence from densities of the image itself: confident cells of the head label similar cells of the same room."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from bgflow_train.model.scores.base import Score
from bgflow_train.networks.pyramid import Pyramid

__all__ = ["RoomScore", "kernel_log_ratio"]

TINY = 1e-30
"""Lower bound of both densities, needed if the head is certain of the whole image."""


class RoomScore(Score):
    """Log-ratio of two kernel densities of the image's own cells, foreground against background.

    The kernel is the paper's (III-B1), exp(cosine / temperature). Instead of features stored during training, all cells
    of the image are examples, weighted by the probability that the head gives them. A white wall that the head
    recognises thus makes a white pillar more likely to be background, too.

    Args:
        backbone: Its layer 6 gives the descriptors, its head the weights.
        index: Index of layer 6 among the layers of the backbone.
    """

    name = kind = "room"
    TEMPERATURE = 0.05
    """Temperature of the kernel: a difference of this size between cosines is a factor of e."""
    COARSER = 2
    """Width of the squares of cells that are averaged to one example."""

    def __init__(self, backbone: Pyramid, index: int) -> None:
        super().__init__()
        self.head, self.index = backbone.head, index

    def forward(self, maps: list[Tensor]) -> Tensor:
        """Compute the log-ratio of each cell of layer 6."""
        _, channels, height, width = maps[self.index].shape
        coarse = F.avg_pool2d(maps[self.index], self.COARSER)
        logits = self.head(maps[-1])
        head = F.avg_pool2d(logits, logits.shape[3] // coarse.shape[3]).reshape(-1)
        cells, examples = (map.reshape(channels, -1) for map in (maps[self.index], coarse))
        return kernel_log_ratio(cells, examples, head, self.TEMPERATURE).reshape(1, 1, height, width)


def kernel_log_ratio(cells: Tensor, examples: Tensor, odds: Tensor, temperature: float) -> Tensor:
    """Compute the log-ratio of two kernel densities of examples, foreground against background.

    Args:
        cells: Descriptors, channels x n.
        examples: Descriptors, channels x m.
        odds: Log-odds that each example is foreground, m.
        temperature: The kernel is exp(cosine / temperature).

    Returns:
        The log-ratio at each cell, n.
    """
    # Cosines are at most 1, so nothing overflows, and one exponential serves both densities.
    kernel = ((_normal(examples).T / temperature) @ _normal(cells)).exp()
    weights = torch.stack([odds, -odds]).sigmoid()
    foreground, background = (weights @ kernel).clamp(min=TINY).log().unbind()
    ratio: Tensor = foreground - background
    return ratio


def _normal(cells: Tensor) -> Tensor:
    """Scale each column to length 1."""
    lengths: Tensor = cells.norm(dim=0, keepdim=True)
    return cells / lengths.clamp(min=1e-12)
