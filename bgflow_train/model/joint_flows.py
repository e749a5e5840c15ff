# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Hybrid flows that are trained together with a backbone, which learns from their cross-entropies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from bgflow_train.model.densities import HybridFlow
from bgflow_train.model.labelled_cells import draw_cells
from bgflow_train.model.scores import HybridScore
from bgflow_train.networks import Layer
from bgflow_train.training.train_backbone import Companion

__all__ = ["JointFlows"]

CELLS = 240
"""Number of labelled cells of a crop and layer at most."""


class JointFlows(Companion):
    """Loss of hybrid flows on some of a backbone's layers.

    The flows serve the training of the backbone alone; those of a
    model are fitted to the finished backbone.

    Args:
        layers: The backbone's layers.
        numbers: Numbers of those with a flow.
        seed: Seed of the weights and of the draw of cells.
    """

    def __init__(self, layers: Sequence[Layer], numbers: Sequence[int] = (5, 6, 7), seed: int = 0) -> None:
        super().__init__()
        self.flows = nn.ModuleList(
            HybridScore(f"hybrid{layer.number}", index, layer, HybridFlow(layer.channels, seed=seed))
            for index, layer in enumerate(layers)
            if layer.number in numbers
        )
        self.seed = seed

    @property
    def scores(self) -> list[HybridScore]:
        """The flows with their layers."""
        return [score for score in self.flows if isinstance(score, HybridScore)]

    def begin(self, batches: Iterable[list[Tensor]]) -> None:
        """Fit the whitening to the maps of some batches, each N x channels x h x w by layer."""
        found: list[list[Tensor]] = [[] for _ in self.scores]
        for maps in batches:
            for score, cells in zip(self.scores, found, strict=True):
                cells.append(score.descriptors(maps).movedim(1, -1).flatten(0, -2))
        for score, cells in zip(self.scores, found, strict=True):
            score.flow.whitening.fit(torch.cat(cells))

    def forward(self, maps: list[Tensor], classes: npt.NDArray[np.uint8], step: int) -> Tensor:
        """Compute the mean loss of the flows, in units of the cross-entropy of the sides.

        Args:
            maps: Maps of a batch, N x channels x h x w for each of the backbone's layers.
            classes: Classes of its pixels, N x H x W.
            step: Number of the training step, which decides what cells are drawn.
        """
        losses = []
        for score in self.scores:
            descriptors = score.descriptors(maps).flatten(2).movedim(1, -1)
            drawn = []
            for place, one in enumerate(classes):
                rng = np.random.default_rng([self.seed, step, place, score.index])
                places, sides, kinds = (part.to(descriptors.device) for part in draw_cells(one, score.grid, CELLS, rng))
                drawn.append((descriptors[place, places], sides, kinds))
            losses.append(score.flow.joint_loss(*(torch.cat(column) for column in zip(*drawn, strict=True))))
        return torch.stack(losses).mean() / HybridFlow.SIDES
