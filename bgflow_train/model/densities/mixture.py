# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""A mixture of Gaussians, the other plain baseline: background as a few kinds of surface."""

from __future__ import annotations

import math
import warnings
from pathlib import Path

import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture
from torch import Tensor

from bgflow_train.model.densities.base import Density
from bgflow_train.model.densities.whitening import Whitening

__all__ = ["Mixture"]


class Mixture(Density):
    """Gaussians with diagonal covariances on whitened descriptors, fitted by EM (scikit-learn).

    Args:
        channels: numbers a descriptor.
        components: how many Gaussians.
    """

    log_weight: Tensor
    mean: Tensor
    precision: Tensor
    """Reciprocal deviations, components x channels."""

    FLOOR = 1e-2
    """Added to every variance: a component must not collapse onto a few descriptors."""
    STEPS = 50
    """Of EM at most."""

    def __init__(self, channels: int, components: int = 8) -> None:
        super().__init__()
        self.whitening = Whitening(channels)
        self.constant = 0.5 * channels * math.log(2 * math.pi)
        self.register_buffer("log_weight", torch.full((components,), -math.log(components)))
        self.register_buffer("mean", torch.zeros(components, channels))
        self.register_buffer("precision", torch.ones(components, channels))

    def fit(self, x: Tensor, validation: Tensor, *, seed: int, checkpoint: Path | None = None, label: str = "") -> None:
        """Whiten, then EM from k-means."""
        self.whitening.fit(x)
        em = GaussianMixture(
            len(self.mean), covariance_type="diag", reg_covar=self.FLOOR, max_iter=self.STEPS, random_state=seed
        )
        with warnings.catch_warnings():
            # The steps are bounded on purpose: what the last of them gain is nothing to a baseline.
            warnings.simplefilter("ignore", ConvergenceWarning)
            em.fit(self.whitening(x).cpu().double().numpy())
        for buffer, values in (
            (self.log_weight, em.weights_),
            (self.mean, em.means_),
            (self.precision, em.precisions_cholesky_),
        ):
            buffer.copy_(torch.from_numpy(values))
        self.log_weight.log_()

    def nll(self, x: Tensor) -> Tensor:
        """Negative log-likelihood in nats: ... x channels to ... ."""
        y = self.whitening(x)
        # |(y - m) p|^2, opened up so that no ... x components x channels tensor comes to be.
        squared = self.precision.square()
        distance = y.square() @ squared.T - 2 * y @ (self.mean * squared).T + (self.mean.square() * squared).sum(-1)
        log_p = self.log_weight + self.precision.log().sum(-1) - 0.5 * distance
        nll: Tensor = self.constant - log_p.logsumexp(-1) - self.whitening.log_det
        return nll
