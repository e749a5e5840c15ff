# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Real NVP (Dinh et al., 2017): a chain of affine couplings from descriptors to a standard normal (paper, III-B2)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from bgflow_train.model.densities.flow import Flow

__all__ = ["Coupling", "RealNVP"]


class Coupling(nn.Module):
    """Affine coupling: the channels that are kept determine how the others are scaled and shifted.

    Args:
        kept: Number of channels that pass through.
        moved: Number of channels that are scaled and shifted.
        hidden: Width of the two hidden layers, which the networks of s and t share.
    """

    BOUND = 2.0
    """Bound of the absolute value of s, by a scaled tanh, so that no single coupling can explode."""

    def __init__(self, kept: int, moved: int, hidden: int) -> None:
        super().__init__()
        first, second, last = nn.Linear(kept, hidden), nn.Linear(hidden, hidden), nn.Linear(hidden, 2 * moved)
        # With s = t = 0 the chain starts as the identity, and the density as a Gaussian.
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)
        self.st = nn.Sequential(first, nn.ReLU(), second, nn.ReLU(), last)

    def s_and_t(self, kept: Tensor) -> tuple[Tensor, Tensor]:
        """Compute log-scale and shift, each ... x moved, from ... x kept."""
        s, t = self.st(kept).chunk(2, dim=-1)
        return self.BOUND * torch.tanh(s / self.BOUND), t

    def forward(self, kept: Tensor, moved: Tensor) -> tuple[Tensor, Tensor]:
        """Map ... x moved to ... x moved and the log-determinants ... ."""
        s, t = self.s_and_t(kept)
        return moved * s.exp() + t, s.sum(-1)

    def inverse(self, kept: Tensor, moved: Tensor) -> Tensor:
        """Invert `forward`."""
        s, t = self.s_and_t(kept)
        return (moved - t) * (-s).exp()


class RealNVP(Flow):
    """Real NVP: whitening, then a chain of couplings, then a standard normal distribution.

    The fixed permutation between two couplings swaps the two halves of the channels, which costs nothing. The random
    rotation of the whitening mixes channels that the swap cannot mix.

    Args:
        channels: Number of channels of a descriptor.
        couplings: Length of the chain (32 in the paper, with 16 nearly as good).
        hidden: Width of the couplings' networks.
        epochs: See `Flow`.
        seed: Seed of the weights and of the rotation.
    """

    def __init__(self, channels: int, *, couplings: int, hidden: int, epochs: int = 40, seed: int = 0) -> None:
        super().__init__(channels, epochs=epochs, seed=seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.halves = channels // 2, channels - channels // 2
            chain = [Coupling(self.halves[i % 2], self.halves[1 - i % 2], hidden) for i in range(couplings)]
        self.couplings = nn.ModuleList(chain)
        self.constant = 0.5 * channels * math.log(2 * math.pi)

    def transform(self, y: Tensor) -> tuple[Tensor, Tensor]:
        """Map whitened descriptors to latents, with the log-determinants of the chain."""
        kept, moved = y.split(self.halves, dim=-1)
        log_det = y.new_zeros(())
        for coupling in self.couplings:
            moved, step = coupling(kept, moved)
            log_det = log_det + step
            kept, moved = moved, kept
        return self._join(kept, moved), log_det

    def inverse(self, z: Tensor) -> Tensor:
        """Map latents back to whitened descriptors."""
        first, second = z.split(self.halves, dim=-1)
        kept, moved = (second, first) if len(self.couplings) % 2 else (first, second)
        for coupling in reversed(self.couplings):
            kept, moved = moved, kept
            assert isinstance(coupling, Coupling)
            moved = coupling.inverse(kept, moved)
        return torch.cat([kept, moved], dim=-1)

    def nll_whitened(self, y: Tensor) -> Tensor:
        """Compute the NLL of whitened descriptors in nats: ... x channels to ... ."""
        z, log_det = self.transform(y)
        return 0.5 * z.square().sum(-1) + self.constant - log_det

    def _join(self, kept: Tensor, moved: Tensor) -> Tensor:
        # After an odd number of swaps the halves are in reverse order.
        halves = (moved, kept) if len(self.couplings) % 2 else (kept, moved)
        return torch.cat(halves, dim=-1)
