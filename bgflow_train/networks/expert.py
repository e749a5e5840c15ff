# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The paper's expert, an FCN: an encoder, layer 6 as a sum of two layers, and a deconvolution to classes (III-A2)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from bgflow_train.networks.base import Encoder, Layer

__all__ = ["Expert"]

SUM = 128
"""Number of channels of layer 6."""
DECODER_STRIDE = 16


class Expert(Encoder):
    """Encoder with a decoder that adds layer 6 and, for the paper's baseline, class logits.

    Layer 6 is a 1x1 convolution of layer 5, upsampled by 2, plus a 1x1 convolution of layer 4.

    Args:
        encoder: Encoder with layers 3, 4 and 5 at stride 8, 16 and 32.
        classes: Number of classes; 2 for background against foreground.
    """

    def __init__(self, encoder: Encoder, classes: int = 2) -> None:
        super().__init__()
        self.encoder = encoder
        self.name, self.source = f"{encoder.name}+decoder", encoder.source
        _, layer4, layer5 = encoder.layers
        # Bilinear upsampling widens the field by one cell of layer 5.
        field = layer5.receptive_field + layer5.stride
        self.layers = (*encoder.layers, Layer(6, SUM, layer4.stride, field, layer5.effective))
        self.from4 = nn.Conv2d(layer4.channels, SUM, 1)
        self.from5 = nn.Conv2d(layer5.channels, SUM, 1)
        self.classify = nn.Conv2d(SUM, classes, 1)
        self.deconvolution = nn.ConvTranspose2d(
            classes, classes, 2 * DECODER_STRIDE, DECODER_STRIDE, DECODER_STRIDE // 2, groups=classes, bias=False
        )
        with torch.no_grad():
            self.deconvolution.weight.copy_(_bilinear(DECODER_STRIDE))

    def forward(self, image: Tensor) -> list[Tensor]:
        """Compute the feature maps of layers 3, 4, 5 and 6."""
        maps = self.encoder(image)
        up = nn.functional.interpolate(self.from5(maps[2]), maps[1].shape[2:], mode="bilinear", align_corners=False)
        return [*maps, self.from4(maps[1]) + up]

    def logits(self, layer6: Tensor) -> Tensor:
        """Compute N x classes x 16 h x 16 w logits from layer 6, N x 128 x h x w."""
        logits: Tensor = self.deconvolution(self.classify(layer6.relu()))
        return logits


def _bilinear(stride: int) -> Tensor:
    """Compute the kernel with which a deconvolution starts as bilinear upsampling (Long et al., 2015)."""
    ramp = 1 - (torch.arange(2 * stride) + 0.5 - stride).abs() / stride
    return ramp[:, None] * ramp[None, :]
