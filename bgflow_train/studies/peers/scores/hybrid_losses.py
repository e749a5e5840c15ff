# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Other ways to teach a flow with foreground what background is not, to compare the hybrid flow with."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from bgflow_train.model.densities import HybridFlow
from bgflow_train.model.scores import HybridScore
from bgflow_train.model.scores.density import nll_map

__all__ = ["ContrastFlow", "LikelihoodScore", "MarginFlow", "OutComponentFlow"]


class OutComponentFlow(HybridFlow):
    """Flow that knows background alone, with a component of foreground beside it (UEM: Nayal et al., 2024).

    Couplings and background classes minimise the negative log-likelihood (NLL) of background; the cross-entropy of the
    sides teaches the foreground classes only. The score is the log-likelihood ratio, as in the hybrid flow.
    """

    def _loss(self, y: Tensor, foreground: Tensor, classes: Tensor) -> Tensor:
        z, log_det = self.transform(y)
        background = ~foreground
        nll = self._nll_per_channel(z[background], log_det[background], foreground[background])
        sides = self._sums(self._kinds(z.detach()))
        return nll + F.cross_entropy(torch.stack([sides[..., 0].detach(), sides[..., 1]], -1), foreground.long())


class MarginFlow(HybridFlow):
    """Flow whose density of background has a margin (BGAD: Yao et al., 2023).

    The NLL per channel of background is pushed below a boundary, which only the share TAIL of it exceeds, and that of
    foreground above the boundary by a margin. The score is the NLL, see `LikelihoodScore`.
    """

    TAIL = 0.05
    MARGIN = 1.0
    """Margin in nats per channel."""

    def _loss(self, y: Tensor, foreground: Tensor, classes: Tensor) -> Tensor:
        nll = self.nll_whitened(y) / y.shape[-1]
        background = nll[~foreground]
        boundary = background.detach().quantile(1 - self.TAIL)
        pull = (background - boundary).relu().mean()
        push = (boundary + self.MARGIN - nll[foreground]).relu().mean()
        return background.mean() + pull + push


class ContrastFlow(HybridFlow):
    """Flow whose latents of background are alike and unlike those of foreground (FlowCLAS: Lee et al., 2024).

    The NLL per channel of background plus the supervised contrastive loss of the directions of the latents, in which
    every cell of background has the other ones as its positives. The score is the NLL, see `LikelihoodScore`.
    """

    TEMPERATURE = 0.1

    def _loss(self, y: Tensor, foreground: Tensor, classes: Tensor) -> Tensor:
        nll = self.nll_whitened(y[~foreground]).mean() / y.shape[-1]
        # The whole batch against itself would be too large where a validation set comes in one piece.
        rows = slice(None, None, -(-len(y) // self.BATCH))
        z, foreground = F.normalize(self.transform(y[rows])[0], dim=-1), foreground[rows]
        anchors = z[~foreground]
        itself = torch.eye(len(anchors), len(anchors), dtype=torch.bool, device=z.device)
        positives = (anchors @ anchors.T / self.TEMPERATURE).masked_fill(itself, -torch.inf)
        everything = torch.cat([positives, anchors @ z[foreground].T / self.TEMPERATURE], dim=1)
        log_shares = positives.masked_fill(itself, 0.0) - everything.logsumexp(1, keepdim=True)
        return nll - log_shares.masked_fill(itself, 0.0).sum() / (len(anchors) * (len(anchors) - 1))


class LikelihoodScore(HybridScore):
    """NLL of background under a flow that has seen both sides, in nats."""

    def forward(self, maps: list[Tensor]) -> Tensor:
        """Compute the NLL of each cell."""
        return nll_map(self.descriptors(maps), self.flow)
