# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""What all normalizing flows share: whitening before the chain, and training by Adam with early stopping."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn
from tqdm import tqdm

from bgflow_train.model.densities.base import Density
from bgflow_train.model.densities.whitening import SHRINKAGE, Whitening
from bgflow_train.runs.checkpoint import Checkpoint

__all__ = ["CONSTANTS", "Flow"]


class Flow(Density):
    """Normalizing flow on whitened descriptors.

    Args:
        channels: Number of channels of a descriptor.
        epochs: Number of epochs at most; training stops when the validation loss has not fallen for PATIENCE epochs.
        seed: Seed of the whitening's rotation.
    """

    BATCH = 2048
    PATIENCE = 4
    RATE = 1e-3
    NOISE = 0.1
    """Standard deviation of the noise added to whitened descriptors in training, which keeps the density from
    collapsing onto the training images."""

    def __init__(self, channels: int, *, epochs: int, seed: int) -> None:
        super().__init__()
        self.epochs = epochs
        self.whitening = Whitening(channels, seed)

    @abstractmethod
    def nll_whitened(self, y: Tensor) -> Tensor:
        """Compute the NLL of whitened descriptors in nats: ... x channels to ... ."""

    def nll(self, x: Tensor) -> Tensor:
        """Compute the negative log-likelihood in nats (paper, equation 1): ... x channels to ... ."""
        return self.nll_whitened(self.whitening(x)) - self.whitening.log_det

    def fit(self, x: Tensor, validation: Tensor, *, seed: int, checkpoint: Path | None = None, label: str = "") -> None:
        """Minimise the NLL by Adam with early stopping; the weights of the lowest validation NLL are kept."""
        self.whitening.fit(x)
        y = self.whitening(x)

        def loss(rows: Tensor, noise: Tensor) -> Tensor:
            return self.nll_whitened(y[rows] + noise).mean()

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
        if state.epoch == 0:  # The start is a candidate as well: nothing that is worse replaces it.
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
    "batch": Flow.BATCH,
    "patience": Flow.PATIENCE,
    "rate": Flow.RATE,
    "noise": Flow.NOISE,
    "start_is_candidate": True,
}
"""Constants of the code that a fitted flow depends on."""
