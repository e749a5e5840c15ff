# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""A mixture of Gaussians, a baseline for the flow that models background as a few kinds of surface."""

from __future__ import annotations

import math
import warnings
from pathlib import Path

import torch
from torch import Tensor

from bgflow_train.model.densities.base import Density
from bgflow_train.model.densities.whitening import Whitening

__all__ = ["Mixture"]


class Mixture(Density):
    """Mixture of Gaussians with diagonal covariances on whitened descriptors, fitted by EM (scikit-learn).

    Args:
        channels: Number of channels of a descriptor.
        components: Number of Gaussians.
    """

    log_weight: Tensor
    mean: Tensor
    precision: Tensor
    """Reciprocal standard deviations, components x channels."""

    FLOOR = 1e-2
    """Number added to every variance, so that no component collapses onto a few descriptors."""
    STEPS = 50
    """Number of steps of EM at most."""

    def __init__(self, channels: int, components: int = 8) -> None:
        super().__init__()
        self.whitening = Whitening(channels)
        self.constant = 0.5 * channels * math.log(2 * math.pi)
        self.register_buffer("log_weight", torch.full((components,), -math.log(components)))
        self.register_buffer("mean", torch.zeros(components, channels))
        self.register_buffer("precision", torch.ones(components, channels))

    def fit(self, x: Tensor, validation: Tensor, *, seed: int, checkpoint: Path | None = None, label: str = "") -> None:
        """Whiten the descriptors, then run EM from an initialisation by k-means."""
        # Imported here, because scikit-learn takes seconds, and a fitted mixture does without it.
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.mixture import GaussianMixture

        self.whitening.fit(x)
        em = GaussianMixture(
            len(self.mean), covariance_type="diag", reg_covar=self.FLOOR, max_iter=self.STEPS, random_state=seed
        )
        with warnings.catch_warnings():
            # The steps are bounded on purpose: further ones gain too little to matter for a baseline.
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
        """Compute the negative log-likelihood in nats: ... x channels to ... ."""
        y = self.whitening(x)
        # |(y - m) p|^2, expanded to avoid a tensor of ... x components x channels.
        squared = self.precision.square()
        distance = y.square() @ squared.T - 2 * y @ (self.mean * squared).T + (self.mean.square() * squared).sum(-1)
        log_p = self.log_weight + self.precision.log().sum(-1) - 0.5 * distance
        nll: Tensor = self.constant - log_p.logsumexp(-1) - self.whitening.log_det
        return nll
