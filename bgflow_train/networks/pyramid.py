# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The backbone of the default model: EfficientNet-Lite with a feature pyramid (Lin et al., 2017) and two heads."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from bgflow_rooms.nyu40 import CLASSES
from bgflow_train.networks.base import Encoder, Layer
from bgflow_train.networks.efficientnet_lite import EfficientNetLite0, EfficientNetLite1, EfficientNetLite2
from bgflow_train.networks.weights import IMAGENET

__all__ = ["PYRAMIDS", "Pyramid"]

PYRAMIDS = {encoder.name: encoder for encoder in (EfficientNetLite0, EfficientNetLite1, EfficientNetLite2)}
"""Encoders that a pyramid may have, by name."""
WIDTH = 64
"""Number of channels of the pyramid's levels."""
GENERAL = ("conv_stem", "bn1", "blocks.0", "blocks.1")
"""Modules of the encoder that keep their ImageNet weights: they see edges and colours, which are the same everywhere.
Freezing them saves a quarter of the training time."""


class Pyramid(Encoder):
    """Feature pyramid: layers 3, 4 and 5 of the encoder, layer 6 (the pyramid at stride 8) and layer 7 (at stride 4).

    From the coarsest level on, each level is a 1x1 convolution of the encoder's layer plus the upsampled coarser level,
    smoothed by a depthwise-separable convolution. The mean descriptor of the image, which tells the kind of room, is
    added to the coarsest level. The head is a linear classifier on layer 7.

    Args:
        weights: Initial weights of the encoder: `imagenet`, `random` or a file.
        encoder: Name of the encoder, a key of PYRAMIDS.
    """

    def __init__(self, weights: str = IMAGENET, encoder: str = EfficientNetLite0.name) -> None:
        super().__init__()
        self.encoder = PYRAMIDS[encoder](weights, finest=2)
        self.name, self.source = f"{self.encoder.name}+pyramid", self.encoder.source
        finest, third, *_ = layers = self.encoder.layers
        field = layers[-1].receptive_field
        self.layers = (
            *layers[1:],
            Layer(6, WIDTH, third.stride, field, effective=True),
            Layer(7, WIDTH, finest.stride, field, effective=True),
        )
        channels = [layer.channels for layer in layers]
        self.lateral = nn.ModuleList([_convolution(number, WIDTH) for number in channels])
        self.smooth = nn.ModuleList([_Smooth(WIDTH) for _ in channels])
        self.context = nn.Sequential(nn.Linear(channels[-1], WIDTH), nn.ReLU(), nn.Linear(WIDTH, WIDTH))
        self.head = nn.Conv2d(WIDTH, 1, 1)
        self.classify = nn.Conv2d(WIDTH, CLASSES + 1, 1)
        for name in GENERAL:
            self.encoder.network.get_submodule(name).requires_grad_(False)

    def train(self, mode: bool = True) -> Pyramid:
        """Switch to training mode, except for the frozen modules."""
        super().train(mode)
        for name in GENERAL:
            self.encoder.network.get_submodule(name).eval()
        return self

    def forward(self, image: Tensor) -> list[Tensor]:
        """Compute the feature maps of layers 3 to 7."""
        maps = self.encoder(image)
        context = self.context(maps[-1].mean((2, 3)))[:, :, None, None]
        level = self.smooth[-1](self.lateral[-1](maps[-1]) + context)
        levels = [level]
        for place in (2, 1, 0):
            up = F.interpolate(level, maps[place].shape[2:], mode="bilinear", align_corners=False)
            level = self.smooth[place](self.lateral[place](maps[place]) + up)
            levels.append(level)
        return [*maps[1:], *levels[-2:]]

    def logits(self, layer7: Tensor) -> Tensor:
        """Compute the foreground logit of the head: N x 64 x h x w to N x 1 x h x w."""
        logits: Tensor = self.head(layer7)
        return logits

    def classes(self, layer7: Tensor) -> Tensor:
        """Compute the logits of the classes 0 (never trained) to 40: N x 64 x h x w to N x 41 x h x w."""
        logits: Tensor = self.classify(layer7)
        return logits


class _Smooth(nn.Module):
    """Depthwise-separable convolution with a residual connection."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.depthwise = _convolution(channels, channels, 3, channels)
        self.pointwise = _convolution(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu6(x + self.pointwise(F.relu6(self.depthwise(x))))


def _convolution(into: int, out: int, kernel: int = 1, groups: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(into, out, kernel, padding=kernel // 2, groups=groups, bias=False), nn.BatchNorm2d(out)
    )
