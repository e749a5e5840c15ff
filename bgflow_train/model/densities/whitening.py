# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Whitening of descriptors to zero mean and unit covariance, which a flow needs to train stably."""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["Whitening"]

SHRINKAGE = 1e-3
"""Share of the mean variance that is added to every direction, so that none of tiny variance is amplified."""
CHUNK = 65_536
"""Number of descriptors that are converted to float64 at once."""


class Whitening(nn.Module):
    """Full-rank whitening with a random rotation, `y = (x - mean) @ matrix`.

    Any rotation of whitened descriptors is white. A random one spreads all dependencies over both halves of a coupling,
    whereas principal components would concentrate the strong ones in one half.

    Args:
        channels: Number of channels of a descriptor.
        seed: Seed of the rotation.
    """

    mean: Tensor
    matrix: Tensor
    log_det: Tensor
    """Log-determinant of the map's Jacobian, a scalar."""

    def __init__(self, channels: int, seed: int = 0) -> None:
        super().__init__()
        self.seed = seed
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("matrix", torch.eye(channels))
        self.register_buffer("log_det", torch.zeros(()))

    def fit(self, x: Tensor) -> None:
        """Compute the map from n x channels descriptors."""
        mean = sum(rows.double().sum(0) for rows in x.split(CHUNK)) / len(x)
        centred = ((rows.double() - mean) for rows in x.split(CHUNK))
        covariance = sum(rows.T @ rows for rows in centred) / (len(x) - 1)
        covariance += SHRINKAGE * covariance.diagonal().mean() * torch.eye(len(mean), device=x.device)
        values, vectors = torch.linalg.eigh(covariance)
        self.mean.copy_(mean)
        generator = torch.Generator().manual_seed(self.seed)
        random = torch.randn(len(mean), len(mean), generator=generator, dtype=torch.float64)
        rotation = torch.linalg.qr(random)[0].to(x.device)
        self.matrix.copy_(vectors @ torch.diag(values.rsqrt()) @ rotation)
        self.log_det.copy_(-0.5 * values.log().sum())

    def forward(self, x: Tensor) -> Tensor:
        """Whiten ... x channels descriptors."""
        return (x - self.mean) @ self.matrix
