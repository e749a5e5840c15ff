# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Evidence from densities of the image itself in a flow's latent space: confident cells label similar ones."""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor

from bgflow_train.model.scores.base import Score
from bgflow_train.model.scores.hybrid import HybridScore
from bgflow_train.model.scores.room import kernel_log_ratio
from bgflow_train.networks import Layer

__all__ = ["LatentRoomScore"]


class LatentRoomScore(Score):
    """Log-ratio of two kernel densities of the image's own latents, weighted by the posterior of the flow.

    It adapts the flow to the image: what is background in this room is not far from what the flow is sure of in it. It
    is smooth, so it is computed for squares of cells and interpolated, which takes a quarter of the time.

    Args:
        name: Name of the score.
        index: Index of the layer among the backbone's.
    """

    kind = "room"
    TEMPERATURE = 0.1
    """Temperature of the kernel, see `RoomScore`."""
    COARSER = 2
    """Width of the squares of cells that are averaged to one example, and that are asked for."""

    def __init__(self, name: str, index: int) -> None:
        super().__init__()
        self.name, self.index = name, index
        self._flow: list[HybridScore] = []

    def attach(self, scores: Sequence[Score]) -> None:
        """Find the hybrid flow of the same layer, which may have peers of other names there.

        Raises:
            ValueError: There is none.
        """
        wanted = f"hybrid{self.name[-1]}"
        # A list hides the flow from torch, since it belongs to the other score.
        self._flow = [score for score in scores if isinstance(score, HybridScore) and score.name == wanted]
        if not self._flow:
            raise ValueError(f"the score {self.name} needs the hybrid flow of its layer; expected {wanted}")

    def stride(self, layers: Sequence[Layer]) -> int:
        """Tell how many pixels of the network's input a cell of the score covers."""
        [hybrid] = self._flow
        return hybrid.stride(layers)

    def forward(self, maps: list[Tensor]) -> Tensor:
        """Compute the log-ratio of each cell."""
        [hybrid] = self._flow
        descriptors = hybrid.descriptors(maps)
        _, _, height, width = descriptors.shape
        cells = hybrid.flow.latents(descriptors[0].flatten(1).T).T.reshape(1, -1, height, width)
        coarse = F.avg_pool2d(cells, self.COARSER, ceil_mode=True)
        odds = hybrid.flow.log_ratio(coarse[0].flatten(1).T)
        examples = coarse[0].flatten(1)
        ratio = kernel_log_ratio(examples, examples, odds, self.TEMPERATURE).reshape(1, 1, *coarse.shape[2:])
        fine = F.interpolate(ratio, scale_factor=self.COARSER, mode="bilinear", align_corners=False)
        return fine[..., :height, :width]
