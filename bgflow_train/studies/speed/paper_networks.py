# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The paper's systems as torch modules with random weights, from image to map."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from bgflow_train.model.densities import RealNVP
from bgflow_train.networks import RANDOM, make_encoder
from bgflow_train.networks.expert import Expert
from bgflow_train.studies.paper.columns import SIZES

__all__ = ["Features", "PaperFcn", "PaperFlows", "paper_expert"]

SPREAD = 0.01
"""Standard deviation of the random weights that replace the zeros from which flows learn."""


def paper_expert() -> Expert:
    """Build the paper's expert network on VGG-16, with random weights."""
    return Expert(make_encoder("vgg16", RANDOM)).eval().requires_grad_(False)


class Features(nn.Module):
    """Maps of the expert's layers 3, 4, 5 and 6, from uint8, 1 x H x W x 3."""

    def __init__(self, expert: Expert) -> None:
        super().__init__()
        self.expert = expert

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """Compute 1 x channels x h x w for each layer."""
        return tuple(self.expert(image.permute(0, 3, 1, 2).float()))


class PaperFcn(Features):
    """Softmax of the expert as log-odds, from uint8, 1 x H x W x 3, to 1 x H x W."""

    def forward(self, image: Tensor) -> Tensor:  # type: ignore[override]
        """Compute the logit of background."""
        logits = self.expert.logits(super().forward(image)[-1])
        return logits[:, 0] - logits[:, 1]


class PaperFlows(Features):
    """Flows on all layers of the expert, fused at the grid of the finest layer: to 1 x H/8 x W/8.

    Flows have the paper's length, and a width that follows from its memory; see `studies/paper/columns.py`.

    Args:
        expert: network that computes the maps.
        seed: seed of the flows.
    """

    def __init__(self, expert: Expert, seed: int) -> None:
        super().__init__(expert)
        size = SIZES["paper"]
        self.flows = nn.ModuleList(
            RealNVP(layer.channels, couplings=size.couplings, hidden=size.hidden, seed=seed) for layer in expert.layers
        )
        for name, weights in self.flows.named_parameters():
            if name.endswith("st.4.weight"):  # zero before training
                nn.init.normal_(weights, std=SPREAD)

    def forward(self, image: Tensor) -> Tensor:  # type: ignore[override]
        """Compute the fused background logit, with the same weight for each layer."""
        maps = super().forward(image)
        fused = torch.zeros(())
        for flow, map in zip(self.flows, maps, strict=True):
            assert isinstance(flow, RealNVP)
            _, channels, height, width = map.shape
            # Cells as rows, so that the networks of the couplings become plain matrix products.
            nll = flow.nll(map.permute(0, 2, 3, 1).reshape(-1, channels)).reshape(1, 1, height, width)
            if map is not maps[0]:
                nll = F.interpolate(nll, maps[0].shape[2:], mode="bilinear", align_corners=False)
            fused = fused - nll[:, 0] / (channels * len(maps))
        return fused
