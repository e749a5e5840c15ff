# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Real NVP (Dinh et al., 2017): a chain of affine couplings from descriptors to a standard normal (paper, III-B2)."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn
from tqdm import tqdm

from bgflow_train.model.densities.base import Density
from bgflow_train.model.densities.whitening import SHRINKAGE, Whitening
from bgflow_train.runs.checkpoint import Checkpoint

__all__ = ["CONSTANTS", "Coupling", "RealNVP"]


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


class RealNVP(Density):
    """Real NVP: whitening, then a chain of couplings, then a standard normal distribution.

    The fixed permutation between two couplings swaps the two halves of the channels, which costs nothing. The random
    rotation of the whitening mixes channels that the swap cannot mix.

    Args:
        channels: Number of channels of a descriptor.
        couplings: Length of the chain (32 in the paper, with 16 nearly as good).
        hidden: Width of the couplings' networks.
        epochs: Number of epochs at most; training stops when the validation NLL has not fallen for PATIENCE epochs.
        seed: Seed of the weights and of the rotation.
    """

    BATCH = 2048
    PATIENCE = 4
    RATE = 1e-3
    NOISE = 0.1
    """Standard deviation of the noise added to whitened descriptors in training, which keeps the density from
    collapsing onto the training images."""

    def __init__(self, channels: int, *, couplings: int, hidden: int, epochs: int = 40, seed: int = 0) -> None:
        super().__init__()
        self.epochs = epochs
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.halves = channels // 2, channels - channels // 2
            chain = [Coupling(self.halves[i % 2], self.halves[1 - i % 2], hidden) for i in range(couplings)]
        self.couplings = nn.ModuleList(chain)
        self.whitening = Whitening(channels, seed)
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

    def _join(self, kept: Tensor, moved: Tensor) -> Tensor:
        # After an odd number of swaps the halves are in reverse order.
        halves = (moved, kept) if len(self.couplings) % 2 else (kept, moved)
        return torch.cat(halves, dim=-1)

    def nll(self, x: Tensor) -> Tensor:
        """Compute the negative log-likelihood in nats (paper, equation 1): ... x channels to ... ."""
        return self._nll_whitened(self.whitening(x)) - self.whitening.log_det

    def _nll_whitened(self, y: Tensor) -> Tensor:
        z, log_det = self.transform(y)
        return 0.5 * z.square().sum(-1) + self.constant - log_det

    def fit(self, x: Tensor, validation: Tensor, *, seed: int, checkpoint: Path | None = None, label: str = "") -> None:
        """Minimise the NLL by Adam with early stopping; the weights of the lowest validation NLL are kept."""
        self.whitening.fit(x)
        y = self.whitening(x)

        def loss(rows: Tensor, noise: Tensor) -> Tensor:
            return self._nll_whitened(y[rows] + noise).mean()

        self._minimise(loss, lambda: self.mean_nll(validation), tuple(y.shape), seed, checkpoint, label)

    def _minimise(
        self,
        loss: Callable[[Tensor, Tensor], Tensor],
        validate: Callable[[], float],
        shape: tuple[int, ...],
        seed: int,
        checkpoint: Path | None,
        label: str,
    ) -> None:
        """Minimise a loss by Adam with early stopping; the weights of the lowest validation loss are kept.

        Args:
            loss: Loss of a batch, from the numbers of its descriptors and the noise to add to them when whitened.
            validate: Computes the validation loss.
            shape: Shape of all descriptors, n x channels.
            seed: Seed of the order of the descriptors and of the noise.
            checkpoint: See `fit`.
            label: See `fit`.
        """
        optimizer = torch.optim.Adam(self.parameters(), lr=self.RATE)
        batches = shape[0] // self.BATCH or 1
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, self.epochs * batches)
        state = Checkpoint.open(checkpoint, self, optimizer, schedule)
        # The start is a candidate as well: nothing that is worse replaces it.
        state.begin(validate())
        device = self.whitening.mean.device
        bar = tqdm(total=self.epochs, initial=state.epoch, desc=f"fit {label}", unit="epoch")
        while state.epoch < self.epochs and state.epoch - state.best_epoch < self.PATIENCE:
            # Each epoch has its own generator, so that a continued run draws the same numbers as an uninterrupted one.
            generator = torch.Generator().manual_seed(seed * 1000 + state.epoch)
            for rows in torch.randperm(shape[0], generator=generator).split(self.BATCH)[:batches]:
                # The noise is drawn on the CPU, so that it is the same on every device.
                noise = self.NOISE * torch.randn(len(rows), *shape[1:], generator=generator)
                value = loss(rows.to(device), noise.to(device))
                optimizer.zero_grad()
                value.backward()
                nn.utils.clip_grad_norm_(self.parameters(), 10.0)
                optimizer.step()
                schedule.step()
            state.end_epoch(validate())
            bar.set_postfix(train=f"{value.item():.2f}", validation=f"{state.nll:.2f}", best=f"{state.best_nll:.2f}")
            bar.update()
        bar.close()
        state.restore_best()


CONSTANTS = {
    "shrinkage": SHRINKAGE,
    "batch": RealNVP.BATCH,
    "patience": RealNVP.PATIENCE,
    "rate": RealNVP.RATE,
    "noise": RealNVP.NOISE,
}
"""Constants of the code that a fitted flow depends on."""
