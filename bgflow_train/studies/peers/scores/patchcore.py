# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Distance to the nearest of few stored descriptors that cover background (PatchCore: Roth et al., CVPR 2022)."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from bgflow_train.model.densities.base import Density
from bgflow_train.model.densities.stored import Stored

__all__ = ["PatchCore", "k_centre"]


class PatchCore(Stored, Density):
    """Euclidean distance to the nearest descriptor of a coreset.

    Only the method's coreset and distance are used; the descriptors are the backbone's own, not averaged over
    neighbouring cells. The distance replaces an NLL: it can compare descriptors, but not models.

    Args:
        channels: Number of channels of a descriptor.
    """

    features: Tensor
    """The coreset, n x channels."""

    SHARE, MOST = 0.01, 2000
    """Share of the descriptors to keep, and their number at most."""
    POOL = 50_000
    """Number of randomly drawn descriptors at most from which the coreset is chosen."""
    PROJECTED = 32
    """Number of dimensions of the random projection in which distances are compared."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer("features", torch.zeros(0, channels))

    def fit(self, x: Tensor, validation: Tensor, *, seed: int, checkpoint: Path | None = None, label: str = "") -> None:
        """Choose the coreset; there is nothing to train."""
        generator = torch.Generator().manual_seed(seed)
        pool = x[torch.randperm(len(x), generator=generator)[: self.POOL].to(x.device)].float()
        projection = torch.randn(x.shape[1], self.PROJECTED, generator=generator).to(x.device)
        size = min(self.MOST, max(1, round(self.SHARE * len(x))))
        self.features = pool[k_centre(pool @ projection, size)]

    def nll(self, x: Tensor) -> Tensor:
        """Compute the distance to the nearest descriptor of the coreset: ... x channels to ... ."""
        # |x - f|^2, expanded to avoid a tensor of ... x n x channels.
        squared = x.square().sum(-1, keepdim=True) - 2 * x @ self.features.T + self.features.square().sum(-1)
        return squared.amin(-1).clamp(min=0).sqrt()


def k_centre(points: Tensor, size: int) -> Tensor:
    """Choose centres greedily: the first point, then always the point farthest from all centres so far (k-centre).

    No point is then farther from its nearest centre than any two centres are from each other, and no choice of as many
    centres reduces the largest of these distances to less than half.

    Args:
        points: n x dimensions.
        size: Number of centres, at most n.

    Returns:
        The indices of the centres.
    """
    distance = points.new_full((len(points),), torch.inf)
    chosen, farthest = [], 0
    for _ in range(min(size, len(points))):
        chosen.append(farthest)
        distance = torch.minimum(distance, (points - points[farthest]).square().sum(-1))
        farthest = int(distance.argmax())
    return torch.tensor(chosen, device=points.device)
