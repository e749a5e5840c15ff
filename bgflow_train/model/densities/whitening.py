# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Descriptors to zero mean and unit covariance: decides whether a flow trains stably."""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["Whitening"]

SHRINKAGE = 1e-3
"""Share of the mean variance added to every direction, so that no direction of almost none is blown up."""


class Whitening(nn.Module):
    """Full-rank whitening with a random rotation, `y = (x - mean) @ matrix`.

    Any rotation of whitened descriptors is white. A random one spreads every dependency over both halves of a
    coupling; principal components would put the strong ones into one half and the rest into the other.

    Args:
        channels: numbers a descriptor.
        seed: of the rotation.
    """

    mean: Tensor
    matrix: Tensor
    log_det: Tensor
    """Log-determinant of the map's Jacobian, one number."""

    def __init__(self, channels: int, seed: int = 0) -> None:
        super().__init__()
        self.seed = seed
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("matrix", torch.eye(channels))
        self.register_buffer("log_det", torch.zeros(()))

    def fit(self, x: Tensor) -> None:
        """Take mean and covariance from n x channels descriptors."""
        x = x.double()
        mean = x.mean(0)
        covariance = (x - mean).T @ (x - mean) / (len(x) - 1)
        covariance += SHRINKAGE * covariance.diagonal().mean() * torch.eye(len(mean), device=x.device)
        values, vectors = torch.linalg.eigh(covariance)
        self.mean.copy_(mean)
        generator = torch.Generator().manual_seed(self.seed)
        random = torch.randn(len(mean), len(mean), generator=generator, dtype=torch.float64)
        rotation = torch.linalg.qr(random)[0].to(x.device)
        self.matrix.copy_(vectors @ torch.diag(values.rsqrt()) @ rotation)
        self.log_det.copy_(-0.5 * values.log().sum())

    def forward(self, x: Tensor) -> Tensor:
        """Whiten ... x channels."""
        return (x - self.mean) @ self.matrix
