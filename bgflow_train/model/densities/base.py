# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The interface of all densities."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path

import safetensors.torch
import torch
from torch import Tensor, nn

from bgflow_ros.segmentation.files import write_atomically

__all__ = ["Density"]


class Density(nn.Module, ABC):
    """Probability density of the background descriptors of one layer."""

    exportable = True
    """True if `nll` can become part of an ONNX graph."""

    @abstractmethod
    def fit(self, x: Tensor, validation: Tensor, *, seed: int, checkpoint: Path | None = None, label: str = "") -> None:
        """Fit the density to descriptors.

        Args:
            x: Descriptors of background, n x channels of float32.
            validation: Descriptors from other images, for early stopping.
            seed: Seed of everything random.
            checkpoint: File that is written after each epoch, from which a killed fit continues; None for none.
            label: Label of the progress bar.
        """

    def fit_once(self, path: Path, fit: Callable[[Path], None]) -> None:
        """Load the density from `path`; if the file does not exist, fit the density and store it there.

        Args:
            path: File of the density; the checkpoint of the fit lies beside it.
            fit: Fits the density, given the file of the checkpoint.
        """
        if path.exists():
            self.load_state_dict(safetensors.torch.load_file(path))
            return
        checkpoint = path.with_suffix(".checkpoint")
        fit(checkpoint)
        write_atomically(path, safetensors.torch.save(self.state_dict()))
        checkpoint.unlink(missing_ok=True)

    @abstractmethod
    def nll(self, x: Tensor) -> Tensor:
        """Compute the negative log-likelihood in nats: ... x channels to ... ."""

    @torch.inference_mode()
    def mean_nll(self, x: Tensor) -> float:
        """Compute the mean NLL in nats of n x channels descriptors."""
        return float(sum(self.nll(rows).sum() for rows in x.split(16384)) / len(x))
