# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Where the offline side computes, and how results name it."""

from __future__ import annotations

import itertools

import torch
from torch import nn

from bgflow_ros.segmentation.hardware import processor

__all__ = ["DEVICE", "device_of", "machine"]

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
"""A card where there is one."""


def device_of(module: nn.Module) -> torch.device:
    """Where a module's weights lie."""
    return next(itertools.chain(module.parameters(), module.buffers())).device


def machine() -> dict[str, str | int]:
    """JSON-ready: processor, threads that torch uses, card."""
    card = torch.cuda.get_device_name() if DEVICE.type == "cuda" else "none"
    return {"processor": processor(), "threads": torch.get_num_threads(), "card": card}
