# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Where the offline side computes, and how results name it."""

from __future__ import annotations

import itertools
import platform
from pathlib import Path

import torch
from torch import nn

__all__ = ["DEVICE", "device_of", "machine", "processor"]

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
"""A card where there is one."""


def device_of(module: nn.Module) -> torch.device:
    """Where a module's weights lie."""
    return next(itertools.chain(module.parameters(), module.buffers())).device


def processor() -> str:
    """Name of the processor, as the system tells it."""
    try:
        with Path("/proc/cpuinfo").open() as file:
            return next(line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def machine() -> dict[str, str | int]:
    """JSON-ready: processor, threads that torch uses, card."""
    card = torch.cuda.get_device_name() if DEVICE.type == "cuda" else "none"
    return {"processor": processor(), "threads": torch.get_num_threads(), "card": card}
