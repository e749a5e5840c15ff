# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Evidence from a density of descriptors together with their neighbourhood and their position in the image."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from bgflow_train.model.densities import Gaussian
from bgflow_train.model.scores import DensityScore

__all__ = ["ContextScore"]

AROUND = 3
"""Width of the square, in cells, whose mean is appended to the descriptor of its centre."""


class ContextScore(DensityScore):
    """NLL under a Gaussian of a cell's descriptor, the mean of the 3x3 cells around it, and its position.

    Args:
        name: Name of the score.
        index: Index of the layer among the backbone's.
        channels: Channels of that layer.
    """

    def __init__(self, name: str, index: int, channels: int) -> None:
        super().__init__(name, index, Gaussian(2 * channels + 2))

    def descriptors(self, maps: list[Tensor]) -> Tensor:
        """Stack the layer's map, its local mean, and the position from -1 to 1: 1 x (2 channels + 2) x h x w."""
        map = maps[self.index]
        mean = F.avg_pool2d(map, AROUND, 1, AROUND // 2, count_include_pad=False)
        height, width = map.shape[2:]
        y = torch.linspace(-1, 1, height, device=map.device)[:, None].expand(height, width)
        x = torch.linspace(-1, 1, width, device=map.device)[None].expand(height, width)
        return torch.cat([map, mean, torch.stack([y, x])[None]], 1)
