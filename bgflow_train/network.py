# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The whole model as one torch module: what is exported, and the reference that the export is held against."""

from __future__ import annotations

from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from bgflow_train.calibration import Calibration
from bgflow_train.densities import Density
from bgflow_train.encoders import Encoder
from bgflow_train.fusion import Fusion

__all__ = ["Network", "nll_maps"]


def nll_maps(maps: list[Tensor], densities: list[Density]) -> list[Tensor]:
    """Score 1 x channels x h x w feature maps: 1 x 1 x h x w of NLL in nats, a layer each."""
    scores = []
    for features, density in zip(maps, densities, strict=True):
        _, channels, height, width = features.shape
        cells = features.reshape(channels, height * width).T
        scores.append(density.nll(cells).reshape(1, 1, height, width))
    return scores


class Network(nn.Module):
    """Picture to calibrated background logit.

    Args:
        encoder: gives the layers, the finest first.
        densities: one a layer.
        fusion: of the layers' NLL.
        calibration: of the fused logit.
    """

    def __init__(self, encoder: Encoder, densities: list[Density], fusion: Fusion, calibration: Calibration) -> None:
        super().__init__()
        self.encoder = encoder
        self.densities = nn.ModuleList(densities)
        # Centring, normalising, regression and calibration are all affine: one factor a layer, one offset in all.
        factors, offset = fusion.affine()
        self.factors = [factor / calibration.temperature for factor in factors]
        self.offset = offset / calibration.temperature + calibration.offset

    def forward(self, image: Tensor) -> Tensor:
        """Map a uint8 RGB picture, 1 x H x W x 3, to logits, 1 x h x w, at the finest layer's grid."""
        maps = self.encoder(image.permute(0, 3, 1, 2).float())
        grid = maps[0].shape[2:]
        logit = torch.full((1, 1, *grid), self.offset)
        densities = cast("list[Density]", list(self.densities))
        for factor, nll in zip(self.factors, nll_maps(maps, densities), strict=True):
            # Fusion is linear, so are the affine map and the upsampling: scaling the coarse map first is cheaper.
            scaled = factor * nll
            if nll.shape[2:] != grid:
                scaled = F.interpolate(scaled, grid, mode="bilinear", align_corners=False)
            logit = logit + scaled
        return logit[:, 0]
