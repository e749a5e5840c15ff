# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Encoder of one convolution a layer, which takes a fraction of a pyramid's time to export."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from bgflow_train.networks import Encoder, Layer

__all__ = ["Shallow"]


class Shallow(Encoder):
    """Random projections of square patches, each number about normally distributed where the image is noise.

    Args:
        layers: The layers; the patches are as wide as the stride.
        bias: What is added to the first channel of each layer.
    """

    def __init__(self, layers: Sequence[Layer], bias: float = 0.0) -> None:
        super().__init__()
        self.name, self.source, self.layers = "shallow", "random", tuple(layers)
        generator = torch.Generator().manual_seed(0)
        for layer in layers:
            patches = nn.Conv2d(3, layer.channels, layer.stride, layer.stride)
            weight = torch.randn(patches.weight.shape, generator=generator)
            patches.weight.data = weight / weight[0].numel() ** 0.5
            patches.bias.data.zero_()[0] = bias
            self.add_module(f"layer{layer.number}", patches)
        self.eval().requires_grad_(False)

    def forward(self, image: Tensor) -> list[Tensor]:
        """Compute the feature maps of all layers."""
        return [patches((image - 128) / 74) for patches in self.children()]
