# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Encoders by name: each turns a batch of pictures into one feature map a layer."""

from __future__ import annotations

from collections.abc import Callable

from bgflow_train.encoders.base import Encoder, EncoderError, Layer
from bgflow_train.encoders.efficientnet_lite0 import efficientnet_lite0

__all__ = ["ENCODERS", "Encoder", "EncoderError", "Layer", "make_encoder"]

ENCODERS: dict[str, Callable[[], Encoder]] = {"efficientnet_lite0": efficientnet_lite0}


def make_encoder(name: str) -> Encoder:
    """Build an encoder with its weights, frozen and in evaluation mode.

    Raises:
        EncoderError: the name is unknown or the weights cannot be had.
    """
    if name not in ENCODERS:
        raise EncoderError(f"unknown encoder {name!r}; expected one of {', '.join(ENCODERS)}")
    return ENCODERS[name]().eval().requires_grad_(False)
