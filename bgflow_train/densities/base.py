# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""What every density gives."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path

import torch
from torch import Tensor, nn

__all__ = ["Density"]


class Density(nn.Module, ABC):
    """The probability density of one layer's background descriptors."""

    @abstractmethod
    def fit(self, x: Tensor, validation: Tensor, *, seed: int, checkpoint: Path | None = None, label: str = "") -> None:
        """Learn from descriptors.

        Args:
            x: n x channels of float32, background only.
            validation: the same from other pictures, for early stopping.
            seed: of everything random.
            checkpoint: a file to go on from after a kill, written after each epoch.
            label: what the progress bar says.
        """

    @abstractmethod
    def nll(self, x: Tensor) -> Tensor:
        """Negative log-likelihood in nats: ... x channels to ... ."""

    @torch.inference_mode()
    def mean_nll(self, x: Tensor) -> float:
        """Mean NLL in nats of n x channels."""
        return float(sum(self.nll(rows).sum() for rows in x.split(16384)) / len(x))
