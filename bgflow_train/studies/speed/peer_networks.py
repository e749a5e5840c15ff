# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Known segmentation networks for two classes, with random weights, from image to one map."""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["lraspp", "segformer"]

CLASSES = 2
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Mean and deviation of ImageNet's images of 0 to 1, as the weights of torchvision and transformers expect them."""


class Normalised(nn.Module):
    """Network on images normalised as ImageNet's, from uint8, 1 x H x W x 3, to the logit of class 0."""

    def __init__(self, network: nn.Module, output: str) -> None:
        super().__init__()
        self.network, self.output = network, output
        self.mean = nn.Buffer(torch.tensor(MEAN).reshape(3, 1, 1), persistent=False)
        self.deviation = nn.Buffer(torch.tensor(DEVIATION).reshape(3, 1, 1), persistent=False)

    def forward(self, image: Tensor) -> Tensor:
        """Compute the logit of the first of two classes, 1 x h x w."""
        logits: Tensor = self.network((image.permute(0, 3, 1, 2) / 255 - self.mean) / self.deviation)[self.output]
        return logits[:, 0] - logits[:, 1]


def lraspp() -> nn.Module:
    """Build LR-ASPP on MobileNetV3-Large (Howard et al., 2019), as torchvision builds it, for two classes."""
    from torchvision.models.segmentation import lraspp_mobilenet_v3_large

    return Normalised(lraspp_mobilenet_v3_large(weights=None, weights_backbone=None, num_classes=CLASSES), "out").eval()


def segformer() -> nn.Module:
    """Build SegFormer-B0 (Xie et al., 2021), which is transformers' default configuration, for two classes."""
    from transformers import SegformerConfig, SegformerForSemanticSegmentation

    return Normalised(SegformerForSemanticSegmentation(SegformerConfig(num_labels=CLASSES)), "logits").eval()
