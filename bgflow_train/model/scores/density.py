# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""How unlikely a descriptor is under a density of background (paper, III-B)."""

from __future__ import annotations

from torch import Tensor

from bgflow_train.model.densities import Density
from bgflow_train.model.scores.base import Score

__all__ = ["DensityScore", "nll_map"]


class DensityScore(Score):
    """NLL of one layer's descriptors, in nats.

    Args:
        name: of the score.
        index: of the layer, among the encoder's.
        density: of that layer's background.
        generic: fit it to everything that is labelled instead.
    """

    def __init__(self, name: str, index: int, density: Density, *, generic: bool = False) -> None:
        super().__init__()
        self.name, self.index, self.density, self.generic = name, index, density, generic

    def descriptors(self, maps: list[Tensor]) -> Tensor:
        """What the density is of: 1 x channels x h x w."""
        return maps[self.index]

    def forward(self, maps: list[Tensor]) -> Tensor:
        """NLL of each cell."""
        return nll_map(self.descriptors(maps), self.density)


def nll_map(features: Tensor, density: Density) -> Tensor:
    """NLL in nats of each cell of a feature map, 1 x channels x h x w to 1 x 1 x h x w."""
    _, channels, height, width = features.shape
    cells = features.reshape(channels, height * width).T
    return density.nll(cells).reshape(1, 1, height, width)
