# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""What decides what a training gives, besides the pictures and the constants of the code."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["PARSING_CLASSES", "ExpertRecipe", "Recipe"]


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


PARSING_CLASSES = 150
"""Of ADE20K's scene parsing challenge."""
STRIDE = 32
"""Of the deepest layer."""


@dataclass(frozen=True)
class ExpertRecipe:
    """The choices of an expert network's training (paper, III-A2)."""

    encoder: str = "efficientnet_lite0"
    init: str = "imagenet"
    """The encoder's weights to begin with: imagenet, random, or a file."""
    frozen: bool = False
    """Train the decoder alone: the paper's variants (ii) and (iii)."""
    classes: int = 2
    width: int = 512
    """Of the canvas that the network sees once trained."""
    height: int = 384
    crop: tuple[int, int] = (320, 256)
    """Width and height of a cut to train on."""
    epochs: int = 8
    batch: int = 8
    rate: float = 3e-4
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what no training can be made with.

        Raises:
            ValueError: the message says what was found and what is expected.
        """
        for what, (width, height) in (("canvas", (self.width, self.height)), ("crop", self.crop)):
            if width % STRIDE or height % STRIDE or min(width, height) < 2 * STRIDE:
                raise ValueError(f"the {what} is {width}x{height}; expected multiples of {STRIDE} from {2 * STRIDE} on")
        if self.epochs < 1 or self.batch < 1 or self.rate <= 0:
            raise ValueError(
                f"{self.epochs} epochs, {self.batch} cuts a step, rate {self.rate}; expected at least 1, 1 and above 0"
            )
