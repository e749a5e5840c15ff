# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Evidence from a density of background: how unlikely a descriptor is under it (paper, III-B)."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from torch import Tensor, nn

from bgflow_train.model.cell_labels import pure_cells
from bgflow_train.model.densities import Density, Flow
from bgflow_train.model.scores.base import Score
from bgflow_train.networks import Layer

if TYPE_CHECKING:
    from bgflow_train.model.fitting_data import FittingData

__all__ = ["DensityScore", "describe_density", "nll_map"]


class DensityScore(Score):
    """NLL of the descriptors of one layer, in nats.

    Args:
        name: Name of the score.
        index: Index of the layer among the backbone's.
        density: Density of that layer's background descriptors.
    """

    def __init__(self, name: str, index: int, density: Density) -> None:
        super().__init__()
        self.name, self.index, self.density = name, index, density
        self.kind = "flow" if isinstance(density, Flow) else type(density).__name__.lower()

    @property
    def learnt(self) -> nn.Module:
        """The density."""
        return self.density

    @property
    def exportable(self) -> bool:
        """Tell whether the density can become part of an ONNX graph."""
        return self.density.exportable

    def densities(self) -> list[DensityScore]:
        """List this score alone."""
        return [self]

    def descriptors(self, maps: list[Tensor]) -> Tensor:
        """Select the descriptors that the density models: 1 x channels x h x w."""
        return maps[self.index]

    def select_cells(self, mask: npt.NDArray[np.uint8], layer: Layer) -> npt.NDArray[np.bool_]:
        """Select the cells that the density is fitted to, h x w: those that cover background.

        Args:
            mask: H x W, in the canvas.
            layer: The layer that the score uses.
        """
        return pure_cells(mask, layer)

    def fit(self, data: FittingData) -> None:
        """Fit the density to the descriptors of the selected cells; a killed fit continues from its checkpoint."""
        x, validation = data.cells(self)
        self.density.fit(x, validation, seed=data.seed, checkpoint=self._checkpoint(data.folder), label=self.name)

    def describe(self, data: FittingData) -> list[dict[str, Any]]:
        """Describe the layer, the number of cells and the mean NLL on fitting and validation images."""
        x, validation = data.cells(self)
        nll = self.density.mean_nll(x), self.density.mean_nll(validation)
        return [describe_density(data.backbone.layers[self.index], self.name, len(x), *nll)]

    def forward(self, maps: list[Tensor]) -> Tensor:
        """Compute the NLL of each cell."""
        return nll_map(self.descriptors(maps), self.density)


def describe_density(layer: Layer, score: str, cells: int, train: float, validation: float) -> dict[str, Any]:
    """Describe a fitted density, JSON-ready, for the record of the fit.

    Args:
        layer: The layer of its descriptors.
        score: Name of the score that it gives.
        cells: Number of background descriptors that it was fitted to.
        train: Mean NLL of background on the images of the fit.
        validation: Mean NLL of background on other images.
    """
    return asdict(layer) | {"score": score, "nll": {"cells": cells, "train": train, "validation": validation}}


def nll_map(features: Tensor, density: Density) -> Tensor:
    """Compute the NLL in nats of each cell of a feature map, 1 x channels x h x w to 1 x 1 x h x w."""
    _, channels, height, width = features.shape
    cells = features.reshape(channels, height * width).T
    return density.nll(cells).reshape(1, 1, height, width)
