# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""A single Gaussian, whose NLL is half the squared Mahalanobis distance plus a constant: a baseline for the flow."""

from __future__ import annotations

import math
from pathlib import Path

from torch import Tensor

from bgflow_train.model.densities.base import Density
from bgflow_train.model.densities.whitening import Whitening

__all__ = ["Gaussian"]


class Gaussian(Density):
    """Gaussian with full covariance and the shrinkage of `Whitening`.

    Args:
        channels: Number of channels of a descriptor.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.whitening = Whitening(channels)
        self.constant = 0.5 * channels * math.log(2 * math.pi)

    def fit(self, x: Tensor, validation: Tensor, *, seed: int, checkpoint: Path | None = None, label: str = "") -> None:
        """Compute mean and covariance; nothing is random and no checkpoint is needed."""
        self.whitening.fit(x)

    def nll(self, x: Tensor) -> Tensor:
        """Compute the negative log-likelihood in nats: ... x channels to ... ."""
        nll: Tensor = 0.5 * self.whitening(x).square().sum(-1) + self.constant - self.whitening.log_det
        return nll
