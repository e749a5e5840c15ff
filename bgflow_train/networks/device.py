# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The device of all training and evaluation in torch, and its description in results."""

from __future__ import annotations

import itertools

import torch
from torch import nn

from bgflow_ros.segmentation.hardware import processor

__all__ = ["DEVICE", "device_of", "machine"]

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
"""The GPU if there is one, else the CPU."""


def device_of(module: nn.Module) -> torch.device:
    """Find the device of a module's weights."""
    return next(itertools.chain(module.parameters(), module.buffers())).device


def machine() -> dict[str, str | int]:
    """Describe the machine, JSON-ready: processor, number of torch's threads, GPU."""
    card = torch.cuda.get_device_name() if DEVICE.type == "cuda" else "none"
    return {"processor": processor(), "threads": torch.get_num_threads(), "card": card}
