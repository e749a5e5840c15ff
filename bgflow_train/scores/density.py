# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""How unlikely a descriptor is under a density of background (paper, III-B)."""

from __future__ import annotations

from torch import Tensor

from bgflow_train.densities import Density
from bgflow_train.scores.base import Score

__all__ = ["DensityScore"]


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

    def forward(self, maps: list[Tensor]) -> Tensor:
        """NLL of each cell."""
        _, channels, height, width = maps[self.index].shape
        cells = maps[self.index].reshape(channels, height * width).T
        return self.density.nll(cells).reshape(1, 1, height, width)
