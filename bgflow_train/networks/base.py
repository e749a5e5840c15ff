# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""What every encoder gives."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from torch import Tensor, nn

__all__ = ["Encoder", "EncoderError", "Layer", "receptive_field"]


class EncoderError(Exception):
    """An encoder that cannot be built; the message says what to do."""


@dataclass(frozen=True)
class Layer:
    """A place in the encoder whose output is a feature map (the paper numbers them 3, 4, 5, 6)."""

    number: int
    channels: int
    stride: int
    receptive_field: int
    """Theoretical width of what a cell sees, in pixels."""
    effective: bool = False
    """Whether labels take the effective field, a Gaussian within the theoretical box: a light encoder's box is far
    wider than what its cells really look at. False: all of the box counts the same, as in the paper."""


class Encoder(nn.Module, ABC):
    """Images to feature maps.

    `forward` takes N x 3 x H x W float RGB of 0 to 255, H and W multiples of the last stride, and gives one
    N x channels x H/stride x W/stride map for each of `layers`.
    """

    name: str
    source: str
    """Where the weights come from, for the model card."""
    layers: tuple[Layer, ...]

    @abstractmethod
    def forward(self, image: Tensor) -> list[Tensor]:
        """Compute the feature maps of all layers, in their order."""


def receptive_field(network: nn.Module, stop: str) -> tuple[int, int]:
    """Theoretical receptive field and stride, in pixels, after module `stop` of a chain of convolutions and poolings.

    Residual branches see no more than the chain they bypass, so walking every convolution in order is exact.
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
