# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Neural spline flow (Durkan et al., 2019), the other common kind of normalizing flow, as zuko implements it."""

from __future__ import annotations

import torch
from torch import Tensor
from zuko.flows import NSF

from bgflow_train.model.densities.flow import Flow

__all__ = ["SplineFlow"]


class SplineFlow(Flow):
    """Autoregressive neural spline flow, trained as the Real NVP is.

    Args:
        channels: Number of channels of a descriptor.
        transforms: Length of the chain.
        hidden: Width of the two hidden layers of each transform's network.
        epochs: See `Flow`.
        seed: Seed of the weights and of the rotation.
    """

    exportable = False

    def __init__(
        self, channels: int, *, transforms: int = 4, hidden: int = 64, epochs: int = 40, seed: int = 0
    ) -> None:
        super().__init__(channels, epochs=epochs, seed=seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.flow = NSF(channels, transforms=transforms, hidden_features=(hidden, hidden))

    def nll_whitened(self, y: Tensor) -> Tensor:
        """Compute the NLL of whitened descriptors in nats: ... x channels to ... ."""
        log_likelihood: Tensor = self.flow().log_prob(y)
        return -log_likelihood
