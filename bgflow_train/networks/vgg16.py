# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""VGG-16 (Simonyan and Zisserman, 2015), the paper's encoder, without and with batch normalisation."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from bgflow_train.networks.base import Encoder, EncoderError, Layer, receptive_field
from bgflow_train.networks.weights import IMAGENET, RANDOM, load_file

__all__ = ["VGG16", "VGG16BN"]

MEAN, DEVIATION = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)
"""Mean and standard deviation of the training images of torchvision's weights, RGB of 0 to 255."""
NUMBERS = (3, 4, 5)
"""Numbers of the poolings whose outputs are layers."""


class VGG16(Encoder):
    """VGG-16; layers 3, 4 and 5 are the outputs of the poolings of these numbers, at stride 8, 16 and 32.

    Args:
        weights: `imagenet` (torchvision's download or its cache), `random`, or a file: a .pth of torchvision, or a
            .safetensors of this project.

    Raises:
        EncoderError: The weights are not available or belong to another network.
    """

    name = "vgg16"
    mean: Tensor
    deviation: Tensor

    def __init__(self, weights: str = IMAGENET) -> None:
        super().__init__()
        from torchvision import models  # here, because it takes seconds, and not every command builds a network

        # Made without memory first: of 138 million random weights, 123 million would be those of the classifier.
        with torch.device("meta"):
            features: nn.Sequential = models.get_model(self.name, weights=None).features
        self.network = features.to_empty(device="cpu")
        if weights == RANDOM:
            self._draw()
        self.register_buffer("mean", torch.tensor(MEAN).reshape(3, 1, 1), persistent=False)
        self.register_buffer("deviation", torch.tensor(DEVIATION).reshape(3, 1, 1), persistent=False)
        self.poolings = [name for name, module in self.network.named_children() if isinstance(module, nn.MaxPool2d)]
        convolutions = [module for module in self.network if isinstance(module, nn.Conv2d)]
        channels = {3: convolutions[6], 4: convolutions[9], 5: convolutions[12]}
        layers = []
        for number in NUMBERS:
            field, stride = receptive_field(self.network, self.poolings[number - 1])
            layers.append(Layer(number, channels[number].out_channels, stride, field))
        self.layers = tuple(layers)
        self.source = self._load(weights)

    def _draw(self) -> None:
        """Draw random weights as torchvision does."""
        for module in self.network:
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
                assert module.bias is not None
                nn.init.zeros_(module.bias)
            elif isinstance(module, nn.BatchNorm2d):
                module.reset_parameters()

    def forward(self, image: Tensor) -> list[Tensor]:
        """Compute the feature maps of layers 3, 4 and 5."""
        x = (image - self.mean) / self.deviation
        maps = []
        for name, module in self.network.named_children():
            x = module(x)
            if name in self.poolings[NUMBERS[0] - 1 :]:
                maps.append(x)
        return maps

    def _load(self, weights: str) -> str:
        if weights == RANDOM:
            return "random weights"
        if weights != IMAGENET:
            return load_file(self.network, weights)
        from torchvision import models

        published: Any = models.get_model_weights(self.name).IMAGENET1K_V1
        try:
            state = published.get_state_dict(check_hash=True, weights_only=True)
        except Exception as error:  # torch raises many types if offline or for a damaged cache
            file = published.url.rpartition("/")[2]
            raise EncoderError(
                f"no ImageNet weights for {self.name}: torchvision's download failed ({str(error).strip('<>')}); "
                f"bring its {file} and name the file, or put it into checkpoints/ of torch's hub folder"
            ) from error
        self.network.load_state_dict({k.removeprefix("features."): v for k, v in state.items() if "features." in k})
        return f"torchvision, {published}"


class VGG16BN(VGG16):
    """VGG-16 with batch normalisation after each convolution: the paper's variant (i)."""

    name = "vgg16_bn"
