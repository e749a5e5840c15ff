# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Evidence from two densities: how much likelier a descriptor is anywhere than in background."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from torch import Tensor

from bgflow_train.model.cell_labels import labelled
from bgflow_train.model.densities import Gaussian
from bgflow_train.model.scores import DensityScore, Score
from bgflow_train.networks import Layer

if TYPE_CHECKING:
    from bgflow_train.model.fitting_data import FittingData

__all__ = ["RatioScore"]


class RatioScore(Score):
    """NLL under a Gaussian of background minus that under a Gaussian of all labelled cells (Ren et al., 2021).

    A descriptor that is rare everywhere, such as noise or glare, is no evidence for an object.

    Args:
        name: Name of the score.
        index: Index of the layer among the backbone's.
        channels: Channels of that layer.
    """

    kind = "ratio"

    def __init__(self, name: str, index: int, channels: int) -> None:
        super().__init__()
        self.name, self.index = name, index
        self.background = DensityScore(name, index, Gaussian(channels))
        self.generic = _GenericScore(f"{name}_generic", index, Gaussian(channels))

    def densities(self) -> list[DensityScore]:
        """List both density scores."""
        return [self.background, self.generic]

    def fit(self, data: FittingData) -> None:
        """Fit both densities."""
        for density in self.densities():
            density.fit(data)

    def is_saved(self, folder: Path) -> bool:
        """Tell whether a folder holds both densities."""
        return all(density.is_saved(folder) for density in self.densities())

    def save(self, folder: Path) -> None:
        """Store both densities, each in a file of its own."""
        for density in self.densities():
            density.save(folder)

    def load(self, folder: Path) -> None:
        """Read both densities."""
        for density in self.densities():
            density.load(folder)

    def forward(self, maps: list[Tensor]) -> Tensor:
        """Compute the log-ratio of each cell."""
        ratio: Tensor = self.background(maps) - self.generic(maps)
        return ratio


class _GenericScore(DensityScore):
    """NLL under a density of all labelled cells."""

    def select_cells(self, mask: npt.NDArray[np.uint8], layer: Layer) -> npt.NDArray[np.bool_]:
        return labelled(mask, layer)
