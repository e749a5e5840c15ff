# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""An encoder's weights from a file."""

from __future__ import annotations

from pathlib import Path

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

from bgflow_train.networks.base import EncoderError

__all__ = ["IMAGENET", "RANDOM", "load_file"]

IMAGENET, RANDOM = "imagenet", "random"
"""What stands for published weights, and for none."""
PREFIXES = ("encoder.network.", "network.", "features.")
"""Before the convolutions' names in an expert's file, in an encoder's and in torchvision's."""


def load_file(network: nn.Module, path: str) -> str:
    """Load an encoder's convolutions; what else the file holds (a classifier, a decoder) is left out.

    Args:
        network: to fill.
        path: of a .safetensors file, or of a state dict that torch saved.

    Returns:
        What to call the source.

    Raises:
        EncoderError: no such file, no weights, or another network's.
    """
    try:
        state = _read(Path(path))
    except Exception as error:  # whatever torch and safetensors raise at a missing or damaged file
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
