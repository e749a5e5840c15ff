# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Hybrid flow: a normalizing flow that is a density and a classifier at once (Ardizzone et al., 2020)."""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from bgflow_rooms.nyu40 import BACKGROUND_CLASSES, CLASSES
from bgflow_train.model.densities.real_nvp import RealNVP
from bgflow_train.model.labelled_cells import LabelledCells

__all__ = ["CONSTANTS", "HybridFlow"]

COUPLINGS, HIDDEN = 2, 32
"""Number of couplings, and width of their networks: more gained nothing (results/experiments.md)."""
FAR = 60.0
"""Bound of the distance of a class from the likeliest one, in nats, so that no likelihood is 0 in float32."""


class HybridFlow(RealNVP):
    """Real NVP with a unit Gaussian for each class in its latent space: those of background, and those of foreground.

    With z = T(x) the log-likelihood of class k is, up to a constant, l_k = log pi_k - |z - mu_k|^2 / 2, and that of a
    side the log-sum-exp over the classes of this side, plus the log-determinant of T. The log-ratio of both sides needs
    no determinant. The training minimises the negative log-likelihood of each descriptor under its own side, per
    channel, plus the cross-entropies of the side and of the class, which are what makes the likelihood decide (IB-INN:
    Ardizzone et al., "Training normalizing flows with the information bottleneck for competitive generative
    classification", 2020).

    Args:
        channels: Number of channels of a descriptor.
        couplings: Length of the chain.
        hidden: Width of the couplings' networks.
        epochs: See `RealNVP`.
        seed: Seed of the weights and of the rotation.
    """

    SIDES = 8.0
    """Weight of the cross-entropy of the sides."""
    KINDS = 1.6
    """Weight of the cross-entropy of the classes, where they are known."""
    SPREAD = 0.5
    """Standard deviation of the means of the classes at the start."""

    def __init__(
        self, channels: int, *, couplings: int = COUPLINGS, hidden: int = HIDDEN, epochs: int = 40, seed: int = 0
    ) -> None:
        super().__init__(channels, couplings=couplings, hidden=hidden, epochs=epochs, seed=seed)
        generator = torch.Generator().manual_seed(seed)
        # Class 0 is foreground of no known class.
        self.means = nn.Parameter(self.SPREAD * torch.randn(CLASSES + 1, channels, generator=generator))
        self.log_weights = nn.Parameter(torch.zeros(CLASSES + 1))
        sides = torch.zeros(CLASSES + 1, 2)
        sides[:, 1] = 1
        sides[list(BACKGROUND_CLASSES)] = torch.tensor([1.0, 0.0])
        self.sides = nn.Buffer(sides, persistent=False)

    def fit_cells(
        self,
        cells: LabelledCells,
        validation: LabelledCells,
        *,
        seed: int,
        checkpoint: Path | None = None,
        label: str = "",
    ) -> None:
        """Fit whitening, couplings and classes to labelled descriptors.

        Args:
            cells: Descriptors to fit to.
            validation: Descriptors from other images, for early stopping.
            seed: See `RealNVP.fit`.
            checkpoint: See `RealNVP.fit`.
            label: See `RealNVP.fit`.
        """
        self.whitening.fit(cells.x)
        y = self.whitening(cells.x)

        def loss(rows: Tensor, noise: Tensor) -> Tensor:
            return self._loss(y[rows] + noise, cells.foreground[rows], cells.classes[rows])

        @torch.inference_mode()
        def validate() -> float:
            parts = zip(
                *(column.split(16384) for column in (validation.x, validation.foreground, validation.classes)),
                strict=True,
            )
            losses = [self._loss(self.whitening(x), foreground, classes) * len(x) for x, foreground, classes in parts]
            return float(torch.stack(losses).sum() / len(validation))

        self._minimise(loss, validate, tuple(y.shape), seed, checkpoint, label)

    def fit(self, x: Tensor, validation: Tensor, *, seed: int, checkpoint: Path | None = None, label: str = "") -> None:
        """Refuse descriptors without labels.

        Raises:
            TypeError: Always; use `fit_cells`.
        """
        raise TypeError("a hybrid flow is fitted to labelled cells; use fit_cells")

    def latents(self, x: Tensor) -> Tensor:
        """Map ... x channels descriptors to latents of the same shape."""
        z: Tensor = self.transform(self.whitening(x))[0]
        return z

    def log_ratio(self, z: Tensor) -> Tensor:
        """Compute the log-likelihood of foreground minus that of background: latents ... x channels to ... ."""
        kinds = self._kinds(z)  # the common -|z|^2 / 2 cancels
        # A matrix product sums both sides at once; ONNX Runtime's ReduceLogSumExp takes ten times as long.
        likelihoods = (kinds - kinds.amax(-1, keepdim=True)).clamp(min=-FAR).exp()
        background, foreground = (likelihoods @ self.sides).log().unbind(-1)
        return foreground - background

    def nll_whitened(self, y: Tensor) -> Tensor:
        """Compute the NLL of background of whitened descriptors in nats: ... x channels to ... ."""
        z, log_det = self.transform(y)
        own = self._side_likelihoods(self._kinds(z))[..., 0]
        return 0.5 * z.square().sum(-1) + self.constant - own - log_det

    def _kinds(self, z: Tensor) -> Tensor:
        """Compute log pi_k + z mu_k - |mu_k|^2 / 2 for each class: ... x channels to ... x classes."""
        offset = self.log_weights.log_softmax(0) - 0.5 * self.means.square().sum(-1)
        return z @ self.means.T + offset

    def _side_likelihoods(self, kinds: Tensor) -> Tensor:
        """Compute the log-likelihood of each side but for |z|^2 / 2, the constant and the determinants."""
        return self._sums(kinds) - self._sums(self.log_weights.log_softmax(0))

    def _sums(self, logs: Tensor) -> Tensor:
        """Compute the log-sum-exp of each side: ... x classes to ... x 2, background first."""
        return (logs[..., None] + self.sides.log()).logsumexp(-2)

    def joint_loss(self, x: Tensor, foreground: Tensor, classes: Tensor) -> Tensor:
        """Compute the loss of descriptors, n x channels, for the training of what computes them as well.

        Only the cross-entropies have a gradient to the descriptors: the NLL would shrink them.

        Args:
            x: Descriptors, n x channels.
            foreground: True for foreground, n.
            classes: Class, n of int64; 0 where it is not known.
        """
        y = self.whitening(x)
        nll = self._nll_per_channel(*self.transform(y.detach()), foreground)
        return nll + self._cross_entropies(self.transform(y)[0], foreground, classes)

    def _loss(self, y: Tensor, foreground: Tensor, classes: Tensor) -> Tensor:
        """Compute the loss of whitened descriptors, n x channels."""
        z, log_det = self.transform(y)
        return self._nll_per_channel(z, log_det, foreground) + self._cross_entropies(z, foreground, classes)

    def _nll_per_channel(self, z: Tensor, log_det: Tensor, foreground: Tensor) -> Tensor:
        own = self._side_likelihoods(self._kinds(z)).gather(-1, foreground.long()[:, None])[:, 0]
        return (0.5 * z.square().sum(-1) + self.constant - own - log_det).mean() / z.shape[-1]

    def _cross_entropies(self, z: Tensor, foreground: Tensor, classes: Tensor) -> Tensor:
        kinds = self._kinds(z)
        loss = self.SIDES * F.cross_entropy(self._sums(kinds), foreground.long())
        known = classes > 0
        if known.any():
            loss = loss + self.KINDS * F.cross_entropy(kinds[known], classes[known])
        return loss


CONSTANTS = {
    "couplings": COUPLINGS,
    "hidden": HIDDEN,
    "sides": HybridFlow.SIDES,
    "kinds": HybridFlow.KINDS,
    "spread": HybridFlow.SPREAD,
}
"""Constants of the code that a fitted hybrid flow depends on."""
