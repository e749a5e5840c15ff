# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""What decides what a fit gives, besides the pictures and the constants of the code."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Recipe"]


@dataclass(frozen=True)
class Recipe:
    """The choices of a fit; the defaults are those of the packaged model."""

    encoder: str = "efficientnet_lite0"
    width: int = 512
    height: int = 384
    couplings: int = 8
    hidden: tuple[int, ...] = (32, 64, 128)
    """Width of the couplings' nets, a layer each."""
    cells: int = 250_000
    """Background descriptors of a layer to fit at most, drawn at random."""
    epochs: int = 40
    seed: int = 0
