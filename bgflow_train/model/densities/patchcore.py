# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The nearest of few stored descriptors that cover all of background (PatchCore: Roth et al., CVPR 2022)."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from bgflow_train.model.densities.base import Density
from bgflow_train.model.densities.stored import Stored

__all__ = ["PatchCore", "k_centre"]


class PatchCore(Stored, Density):
    """Euclidean distance to the nearest descriptor of a coreset.

    Of the method this is what scores descriptors; they are the backbone's own, without PatchCore's averages over
    neighbouring cells. The distance stands for an NLL: it compares descriptors, not models.

    Args:
        channels: numbers a descriptor.
    """

    features: Tensor
    """n x channels, the coreset."""

    SHARE, MOST = 0.01, 2000
    """Of the descriptors to keep, and how many at most."""
    POOL = 50_000
    """Descriptors at most to choose them from, drawn at random."""
    PROJECTED = 32
    """Numbers of the random projection that they are chosen by."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer("features", torch.zeros(0, channels))

    def fit(self, x: Tensor, validation: Tensor, *, seed: int, checkpoint: Path | None = None, label: str = "") -> None:
        """Choose the coreset; there is nothing to learn."""
        generator = torch.Generator().manual_seed(seed)
        pool = x[torch.randperm(len(x), generator=generator)[: self.POOL].to(x.device)].float()
        projection = torch.randn(x.shape[1], self.PROJECTED, generator=generator).to(x.device)
        size = min(self.MOST, max(1, round(self.SHARE * len(x))))
        self.features = pool[k_centre(pool @ projection, size)]

    def nll(self, x: Tensor) -> Tensor:
        """Distance to the nearest: ... x channels to ... ."""
        # |x - f|^2, opened up so that no ... x n x channels tensor comes to be.
        squared = x.square().sum(-1, keepdim=True) - 2 * x @ self.features.T + self.features.square().sum(-1)
        return squared.amin(-1).clamp(min=0).sqrt()


def k_centre(points: Tensor, size: int) -> Tensor:
    """Choose centres greedily: the first point, then always the one that is farthest from all centres so far.

    No point is then farther from the nearest centre than any two centres are from each other, and no choice of as many
    centres more than halves the largest of these distances.

    Args:
        points: n x numbers.
        size: how many centres, at most n.

    Returns:
        Their indices.
    """
    distance = points.new_full((len(points),), torch.inf)
    chosen, farthest = [], 0
    for _ in range(min(size, len(points))):
        chosen.append(farthest)
        distance = torch.minimum(distance, (points - points[farthest]).square().sum(-1))
        farthest = int(distance.argmax())
    return torch.tensor(chosen, device=points.device)
