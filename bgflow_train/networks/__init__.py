# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Encoders by name: each turns a batch of images into one feature map per layer."""

from __future__ import annotations

from collections.abc import Callable

from bgflow_train.networks.base import Encoder, EncoderError, Layer
from bgflow_train.networks.efficientnet_lite import EfficientNetLite0
from bgflow_train.networks.vgg16 import VGG16, VGG16BN
from bgflow_train.networks.weights import IMAGENET, RANDOM

__all__ = ["ENCODERS", "IMAGENET", "RANDOM", "Encoder", "EncoderError", "Layer", "make_encoder"]

ENCODERS: dict[str, Callable[[str], Encoder]] = {
    encoder.name: encoder for encoder in (EfficientNetLite0, VGG16, VGG16BN)
}


def make_encoder(name: str, weights: str = IMAGENET) -> Encoder:
    """Build an encoder with its weights, frozen and in evaluation mode.

    Args:
        name: A key of ENCODERS.
        weights: `imagenet`, `random` or a file.

    Raises:
        EncoderError: The name is unknown or the weights are not available.
    """
    if name not in ENCODERS:
        raise EncoderError(f"unknown encoder {name!r}; expected one of {', '.join(ENCODERS)}")
    return ENCODERS[name](weights).eval().requires_grad_(False)
