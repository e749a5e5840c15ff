# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Evidence from a hybrid flow: how much likelier a descriptor is as foreground than as background."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch.nn.functional as F
from torch import Tensor, nn

from bgflow_train.model.densities import HybridFlow
from bgflow_train.model.scores.base import Score
from bgflow_train.model.scores.density import describe_density
from bgflow_train.networks import Layer

if TYPE_CHECKING:
    from bgflow_train.model.fitting_data import FittingData

__all__ = ["HybridScore"]


class HybridScore(Score):
    """Log-likelihood ratio of foreground and background under a hybrid flow on one layer, in nats.

    Cells of a layer finer than STRIDE are averaged first: as accurate, with a fraction of the work.

    Args:
        name: Name of the score.
        index: Index of the layer among the backbone's.
        layer: The layer.
        flow: Flow on that layer's descriptors.
    """

    kind = "flow"
    STRIDE = 8
    """Pixels per cell at least."""

    def __init__(self, name: str, index: int, layer: Layer, flow: HybridFlow) -> None:
        super().__init__()
        self.name, self.index, self.flow = name, index, flow
        self.width = max(1, self.STRIDE // layer.stride)
        """Width of the squares of cells that are averaged."""
        self.grid = replace(layer, stride=layer.stride * self.width)
        """The layer after that."""

    def stride(self, layers: Sequence[Layer]) -> int:
        """Tell how many pixels of the network's input a cell of the score covers."""
        return self.grid.stride

    @property
    def learnt(self) -> nn.Module:
        """The flow."""
        return self.flow

    def fit(self, data: FittingData) -> None:
        """Fit the flow to labelled cells; a killed fit continues from its checkpoint."""
        cells, validation = data.labelled_cells(self)
        checkpoint = self._checkpoint(data.folder)
        self.flow.fit_cells(cells, validation, seed=data.seed, checkpoint=checkpoint, label=self.name)

    def describe(self, data: FittingData) -> list[dict[str, Any]]:
        """Describe the layer, and of background the number of cells and the mean NLL on both kinds of images."""
        cells, validation = data.labelled_cells(self)
        x, held_back = (part.x[~part.foreground] for part in (cells, validation))
        nll = self.flow.mean_nll(x), self.flow.mean_nll(held_back)
        return [describe_density(self.grid, self.name, len(x), *nll)]

    def descriptors(self, maps: list[Tensor]) -> Tensor:
        """Compute the descriptors that the flow models: 1 x channels x h x w."""
        return F.avg_pool2d(maps[self.index], self.width) if self.width > 1 else maps[self.index]

    def forward(self, maps: list[Tensor]) -> Tensor:
        """Compute the log-ratio of each cell."""
        cells = self.descriptors(maps)
        _, _, height, width = cells.shape
        z = self.flow.latents(cells[0].flatten(1).T)
        return self.flow.log_ratio(z).reshape(1, 1, height, width)
