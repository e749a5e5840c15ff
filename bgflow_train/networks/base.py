# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The interface of all encoders."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from torch import Tensor, nn

__all__ = ["Encoder", "EncoderError", "Layer", "receptive_field"]


class EncoderError(Exception):
    """Encoder that cannot be built; the message says what to do."""


@dataclass(frozen=True)
class Layer:
    """Layer of an encoder whose output is a feature map (numbered 3, 4, 5 and 6 in the paper)."""

    number: int
    channels: int
    stride: int
    receptive_field: int
    """Width of the theoretical receptive field of a cell, in pixels."""
    effective: bool = False
    """True if labels use the effective receptive field, a Gaussian within the theoretical box; the box of a light
    encoder is much wider than the pixels that influence its cells. Otherwise all pixels of the box weigh the same, as
    in the paper."""


class Encoder(nn.Module, ABC):
    """Network from images to feature maps.

    `forward` takes N x 3 x H x W float RGB of 0 to 255, with H and W multiples of the largest stride, and returns one
    map of N x channels x H/stride x W/stride for each of `layers`.
    """

    name: str
    source: str
    """Origin of the weights, for the model card."""
    layers: tuple[Layer, ...]

    @abstractmethod
    def forward(self, image: Tensor) -> list[Tensor]:
        """Compute the feature maps of all layers, in their order."""


def receptive_field(network: nn.Module, stop: str) -> tuple[int, int]:
    """Compute the theoretical receptive field and the stride after a module of a chain of convolutions and poolings.

    Residual branches see no more than the chain that they bypass, so that following all convolutions in order is exact.

    Args:
        network: The network.
        stop: Name of the module.

    Returns:
        Width of the receptive field and stride, both in pixels.
    """
    field, stride = 1, 1
    for name, module in network.named_modules():
        if isinstance(module, nn.Conv2d | nn.MaxPool2d):
            kernel, step = _width(module.kernel_size), _width(module.stride)
            field += (kernel - 1) * stride
            stride *= step
        if (name + ".").startswith(stop + "."):
            reached = field, stride
    return reached


def _width(size: int | tuple[int, ...]) -> int:
    return size if isinstance(size, int) else size[0]
