# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Densities of a column by kind: the paper's two, those that it proposes or that a flow should beat, and ours."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from bgflow_train.model.densities import KNN, Density, Gaussian, HybridFlow, Mixture, RealNVP
from bgflow_train.studies.paper.columns import Size

__all__ = ["HybridDensity", "PCAFlow", "make_density"]


def make_density(kind: str, channels: int, size: Size, seed: int) -> Density:
    """Make a density, not yet fitted.

    Args:
        kind: One of KINDS.
        channels: Number of channels of a descriptor.
        size: Size of the systems.
        seed: Seed of random initial weights.
    """

    def flow(couplings: int, channels: int = channels) -> RealNVP:
        return RealNVP(channels, couplings=couplings, hidden=size.hidden, epochs=size.flow_epochs, seed=seed)

    makers: dict[str, Callable[[], Density]] = {
        "knn": lambda: KNN(channels, stored=size.stored),
        "flow": lambda: flow(size.couplings),
        "other_flow": lambda: flow(size.other_couplings),
        "pca_flow": lambda: PCAFlow(channels, flow(size.couplings, min(channels, size.components))),
        "hybrid": lambda: HybridDensity(channels, epochs=size.flow_epochs, seed=seed),
        "gaussian": lambda: Gaussian(channels),
        "mixture": lambda: Mixture(channels),
    }
    return makers[kind]()


class PCAFlow(Density):
    """Flow on the leading principal components of the descriptors: the embedding layer of the paper's discussion.

    Args:
        channels: Number of channels of a descriptor.
        flow: Flow on as many channels as components are kept.
    """

    mean: Tensor
    components: Tensor

    def __init__(self, channels: int, flow: RealNVP) -> None:
        super().__init__()
        self.flow = flow
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("components", torch.zeros(channels, sum(flow.halves)))

    def fit(self, x: Tensor, validation: Tensor, *, seed: int, checkpoint: Path | None = None, label: str = "") -> None:
        """Fit the components, then the flow."""
        from sklearn.decomposition import PCA

        pca = PCA(self.components.shape[1], svd_solver="covariance_eigh").fit(x.cpu().numpy())
        self.mean.copy_(torch.from_numpy(pca.mean_))
        self.components.copy_(torch.from_numpy(pca.components_.T))
        embedded = self._embed(x), self._embed(validation)
        self.flow.fit(*embedded, seed=seed, checkpoint=checkpoint, label=label)

    def nll(self, x: Tensor) -> Tensor:
        """Compute the NLL of the components in nats: ... x channels to ... ."""
        return self.flow.nll(self._embed(x))

    def _embed(self, x: Tensor) -> Tensor:
        return (x - self.mean) @ self.components


class HybridDensity(HybridFlow):
    """Hybrid flow whose log-ratio of foreground and background takes the place of the NLL in the fusions."""

    def nll(self, x: Tensor) -> Tensor:
        """Compute the log-likelihood of foreground minus that of background in nats: ... x channels to ... ."""
        return self.log_ratio(self.latents(x))
