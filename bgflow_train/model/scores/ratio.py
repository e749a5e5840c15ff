# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""How much likelier a descriptor is anywhere than in background."""

from __future__ import annotations

from torch import Tensor

from bgflow_train.model.densities import Gaussian
from bgflow_train.model.scores.base import Score
from bgflow_train.model.scores.density import DensityScore

__all__ = ["RatioScore"]


class RatioScore(Score):
    """NLL under a Gaussian of background, less that under a Gaussian of everything that is labelled (Ren et al., 2021).

    What is rare everywhere, such as noise or glare, is no evidence for a thing.

    Args:
        name: of the score.
        index: of the layer, among the encoder's.
        channels: of that layer.
    """

    def __init__(self, name: str, index: int, channels: int) -> None:
        super().__init__()
        self.name = name
        self.background = DensityScore(name, index, Gaussian(channels))
        self.generic = DensityScore(f"{name}_generic", index, Gaussian(channels), generic=True)

    def forward(self, maps: list[Tensor]) -> Tensor:
        """Log-ratio of each cell."""
        found: Tensor = self.background(maps) - self.generic(maps)
        return found
