# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""What decides what a training gives, besides the pictures and the constants of the code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["BackboneRecipe", "ExpertRecipe", "Recipe"]

STRIDE = 32
"""Of the deepest layer."""


@dataclass(frozen=True)
class Recipe:
    """The choices of a fit; the defaults are those of the packaged model."""

    scores: tuple[str, ...] = ("head", "classes", "room")
    """What the fusion sees; the head comes first."""
    width: int = 384
    height: int = 288
    cells: int = 200_000
    """Background descriptors of a layer to fit at most, drawn at random."""
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what no model can be made with.

        Raises:
            ValueError: the message says what was found and what is expected.
        """
        if not self.scores or self.scores[0] != "head" or len(set(self.scores)) < len(self.scores):
            raise ValueError(f"the scores are {', '.join(self.scores)}; expected head first, and each once")
        _check("canvas", self.width, self.height)

    @classmethod
    def of_record(cls, record: dict[str, Any]) -> Recipe:
        """Take the recipe out of a fit's record.

        Records that earlier versions wrote also have the key `veto`, null in every model that was shipped.

        Raises:
            ValueError: the fit was made with a veto.
        """
        chosen = dict(record)
        veto = chosen.pop("veto", None)
        if veto is not None:
            raise ValueError(f"the fit has the veto {veto!r}; expected one without a veto")
        return cls(**chosen | {"scores": tuple(chosen["scores"])})


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
        _check("canvas", self.width, self.height)
        _check("crop", *self.crop)
        if self.epochs < 1 or self.batch < 1 or self.rate <= 0:
            raise ValueError(
                f"{self.epochs} epochs, {self.batch} cuts a step, rate {self.rate}; expected at least 1, 1 and above 0"
            )


@dataclass(frozen=True)
class BackboneRecipe:
    """Settings of a backbone's training; the defaults are those of the first backbone of the packaged model."""

    init: str = "imagenet"
    """Initial weights: for the encoder `imagenet`, `random` or a file, or the folder of another backbone."""
    width: int = 384
    """Of the canvas that the network sees once trained."""
    height: int = 288
    crop: tuple[int, int] = (320, 256)
    """Width and height of a cut to train on."""
    steps: int = 2800
    batch: int = 8
    rate: float = 3e-4
    """Of the encoder at its highest."""
    decay: float = 0.02
    """Of the weights (AdamW)."""
    paste: float = 0.0
    """How often things of another picture are pasted into a cut."""
    strew: float = 0.0
    """How often shapes of no class are put into a cut."""
    auxiliary: float = 0.4
    """Weight of the classes' loss."""
    memory: float = 0.995
    """Of the weights' running mean, a step."""
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what no training can be made with.

        Raises:
            ValueError: the message says what was found and what is expected.
        """
        _check("canvas", self.width, self.height)
        _check("crop", *self.crop)
        if min(self.steps, self.batch) < 1 or self.rate <= 0 or self.auxiliary < 0:
            raise ValueError(
                f"{self.steps} steps of {self.batch} cuts, rate {self.rate}, weight {self.auxiliary} of the classes; "
                "expected at least 1 and 1, above 0, from 0 on"
            )
        if not (0 <= self.paste <= 1 and 0 <= self.strew <= 1):
            raise ValueError(f"{self.paste} of the cuts pasted into, {self.strew} strewn; expected 0 to 1")


def _check(what: str, width: int, height: int) -> None:
    if width % STRIDE or height % STRIDE or min(width, height) < 2 * STRIDE:
        raise ValueError(f"the {what} is {width}x{height}; expected multiples of {STRIDE} from {2 * STRIDE} on")
