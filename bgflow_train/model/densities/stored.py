# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Buffers whose size is only known after the fit."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

__all__ = ["Stored"]


class Stored(nn.Module):
    """Module whose own buffers take their shape from the state that is loaded."""

    def _load_from_state_dict(self, state: dict[str, Any], prefix: str, *rest: Any) -> None:
        for name, _ in self.named_buffers(recurse=False):
            if prefix + name in state:
                setattr(self, name, torch.empty_like(state[prefix + name]))
        super()._load_from_state_dict(state, prefix, *rest)
