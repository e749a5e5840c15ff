# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Settings that decide the outcome of a training or fit, besides the images and the constants of the code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["BackboneRecipe", "ExpertRecipe", "Recipe"]

STRIDE = 32
"""Stride of the deepest layer, in pixels."""


@dataclass(frozen=True)
class Recipe:
    """Settings of a fit; the defaults are those of the packaged model."""

    scores: tuple[str, ...] = ("hybrid7", "hybrid6", "hybrid5", "latent7", "head")
    """Names of the scores that are fused; the first one gives the confidence."""
    width: int = 384
    height: int = 288
    cells: int = 200_000
    """Number of randomly drawn background descriptors of a layer at most."""
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the settings.

        Raises:
            ValueError: A setting is invalid; the message says what was found and what is expected.
        """
        if not self.scores or len(set(self.scores)) < len(self.scores):
            raise ValueError(f"the scores are {', '.join(self.scores)}; expected at least one, and each once")
        _check("canvas", self.width, self.height)

    @classmethod
    def of_record(cls, record: dict[str, Any]) -> Recipe:
        """Read the recipe from the record of a fit.

        Records of earlier versions also have the key `veto`, which is null for every model that was shipped.

        Raises:
            ValueError: The fit was made with a veto.
        """
        chosen = dict(record)
        veto = chosen.pop("veto", None)
        if veto is not None:
            raise ValueError(f"the fit has the veto {veto!r}; expected one without a veto")
        return cls(**chosen | {"scores": tuple(chosen["scores"])})


@dataclass(frozen=True)
class ExpertRecipe:
    """Settings of an expert's training (paper, III-A2)."""

    encoder: str = "efficientnet_lite0"
    init: str = "imagenet"
    """Initial weights of the encoder: `imagenet`, `random` or a file."""
    frozen: bool = False
    """True if only the decoder is trained: the paper's variants (ii) and (iii)."""
    classes: int = 2
    width: int = 512
    """Width of the canvas of the trained network, in pixels."""
    height: int = 384
    crop: tuple[int, int] = (320, 256)
    """Width and height of the training crops, in pixels."""
    epochs: int = 8
    batch: int = 8
    rate: float = 3e-4
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the settings.

        Raises:
            ValueError: A setting is invalid; the message says what was found and what is expected.
        """
        _check("canvas", self.width, self.height)
        _check("crop", *self.crop)
        if self.epochs < 1 or self.batch < 1 or self.rate <= 0:
            raise ValueError(
                f"epochs is {self.epochs}, batch is {self.batch}, rate is {self.rate}; "
                "expected at least 1, at least 1 and above 0"
            )


@dataclass(frozen=True)
class BackboneRecipe:
    """Settings of a backbone's training; the defaults are those of the first backbone of the packaged model."""

    encoder: str = "efficientnet_lite0"
    init: str = "imagenet"
    """Initial weights: for the encoder `imagenet`, `random` or a file, or the folder of another backbone."""
    width: int = 384
    """Width of the canvas of the trained network, in pixels."""
    height: int = 288
    crop: tuple[int, int] = (320, 256)
    """Width and height of the training crops, in pixels."""
    steps: int = 2800
    batch: int = 8
    rate: float = 3e-4
    """Highest learning rate of the encoder."""
    decay: float = 0.02
    """Weight decay (AdamW)."""
    paste: float = 0.0
    """Probability that objects of another image are pasted into a crop."""
    strew: float = 0.0
    """Probability that random shapes of no class are added to a crop."""
    auxiliary: float = 0.4
    """Weight of the loss of the classes."""
    flows: float = 0.0
    """Weight of the loss of hybrid flows that are trained with the backbone."""
    memory: float = 0.995
    """Decay of the running mean of the weights per step."""
    mix: float = 1.0
    """Share of the trained weights in the result; the rest are those of the initial backbone."""
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the settings.

        Raises:
            ValueError: A setting is invalid; the message says what was found and what is expected.
        """
        _check("canvas", self.width, self.height)
        _check("crop", *self.crop)
        if min(self.steps, self.batch) < 1 or self.rate <= 0 or min(self.auxiliary, self.flows) < 0:
            raise ValueError(
                f"steps is {self.steps}, batch is {self.batch}, rate is {self.rate}, auxiliary is {self.auxiliary}, "
                f"flows is {self.flows}; expected at least 1, at least 1, above 0, at least 0 and at least 0"
            )
        if not (0 <= self.paste <= 1 and 0 <= self.strew <= 1):
            raise ValueError(f"paste is {self.paste}, strew is {self.strew}; expected 0 to 1 for both")
        if not 0 < self.mix <= 1:
            raise ValueError(f"mix is {self.mix}; expected a number above 0 and up to 1")


def _check(what: str, width: int, height: int) -> None:
    if width % STRIDE or height % STRIDE or min(width, height) < 2 * STRIDE:
        raise ValueError(f"the {what} is {width}x{height}; expected multiples of {STRIDE} from {2 * STRIDE} on")
