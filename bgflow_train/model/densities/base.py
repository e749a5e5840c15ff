# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""What every density gives."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path

import safetensors.torch
import torch
from torch import Tensor, nn

from bgflow_ros.segmentation.files import write_atomically

__all__ = ["Density"]


class Density(nn.Module, ABC):
    """The probability density of one layer's background descriptors."""

    exportable = True
    """Whether `nll` can become part of a graph."""

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

    def fit_once(self, path: Path, x: Tensor, validation: Tensor, *, seed: int, label: str) -> None:
        """Take what an earlier run has kept at `path`; else fit, with a checkpoint beside it, and keep that there."""
        if path.exists():
            self.load_state_dict(safetensors.torch.load_file(path))
            return
        checkpoint = path.with_suffix(".checkpoint")
        self.fit(x, validation, seed=seed, checkpoint=checkpoint, label=label)
        write_atomically(path, safetensors.torch.save(self.state_dict()))
        checkpoint.unlink(missing_ok=True)

    @abstractmethod
    def nll(self, x: Tensor) -> Tensor:
        """Negative log-likelihood in nats: ... x channels to ... ."""

    @torch.inference_mode()
    def mean_nll(self, x: Tensor) -> float:
        """Mean NLL in nats of n x channels."""
        return float(sum(self.nll(rows).sum() for rows in x.split(16384)) / len(x))
