# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Weights of an encoder from a file."""

from __future__ import annotations

from pathlib import Path

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

from bgflow_train.networks.base import EncoderError

__all__ = ["IMAGENET", "RANDOM", "load_file"]

IMAGENET, RANDOM = "imagenet", "random"
"""Names of the published weights and of random ones."""
PREFIXES = ("encoder.network.", "network.", "features.")
"""Prefixes of the convolutions' names in the file of an expert, of an encoder, and of torchvision."""


def load_file(network: nn.Module, path: str) -> str:
    """Load the convolutions of an encoder; other weights in the file (a classifier, a decoder) are ignored.

    Args:
        network: The network to load the weights into.
        path: A .safetensors file, or a state dict that torch saved.

    Returns:
        Name of the origin of the weights.

    Raises:
        EncoderError: There is no such file, or it holds no weights or those of another network.
    """
    try:
        state = _read(Path(path))
    except Exception as error:  # torch and safetensors raise many types for a missing or damaged file
        raise EncoderError(f"{path} holds no readable weights ({error}); expected .safetensors or .pth") from error
    renamed: dict[str, Tensor] = {}
    for name, tensor in state.items():
        prefix = next((prefix for prefix in PREFIXES if name.startswith(prefix)), None)
        if prefix is not None:
            renamed[name.removeprefix(prefix)] = tensor
    try:
        network.load_state_dict(renamed)
    except RuntimeError as error:
        first = str(error).splitlines()[-1].strip()
        raise EncoderError(f"{path} holds another network's weights: {first}") from error
    return Path(path).name


def _read(path: Path) -> dict[str, Tensor]:
    if path.suffix == ".safetensors":
        return safetensors.torch.load_file(path)
    return dict(torch.load(path, map_location="cpu", weights_only=True))
