# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Scores by name: evidence for foreground from the maps of an encoder's layers."""

from __future__ import annotations

from collections.abc import Callable

from bgflow_train.model.densities import KNN, Density, Gaussian, Mixture, PatchCore, RealNVP
from bgflow_train.model.scores.base import Score
from bgflow_train.model.scores.classes import ClassesScore
from bgflow_train.model.scores.context import ContextScore
from bgflow_train.model.scores.density import DensityScore
from bgflow_train.model.scores.head import HeadScore
from bgflow_train.model.scores.lraspp import LrasppScore
from bgflow_train.model.scores.padim import PadimScore
from bgflow_train.model.scores.ratio import RatioScore
from bgflow_train.model.scores.room import RoomScore
from bgflow_train.networks.pyramid import Pyramid

__all__ = [
    "ClassesScore",
    "ContextScore",
    "DensityScore",
    "HeadScore",
    "LrasppScore",
    "PadimScore",
    "RatioScore",
    "RoomScore",
    "Score",
    "ScoreError",
    "make_score",
]

COUPLINGS, HIDDEN = 8, 64
"""Of a flow."""
NEIGHBOURS, STORED = 50, 20_000
"""Of the nearest neighbours."""
DENSITIES: dict[str, Callable[[int, int], Density]] = {
    "gaussian": lambda channels, _: Gaussian(channels),
    "mixture": lambda channels, _: Mixture(channels),
    "flow": lambda channels, seed: RealNVP(channels, couplings=COUPLINGS, hidden=HIDDEN, seed=seed),
    "knn": lambda channels, _: KNN(channels, neighbours=NEIGHBOURS, stored=STORED),
    "patchcore": lambda channels, _: PatchCore(channels),
}
FITTED: dict[str, Callable[[str, int, int], Score]] = {
    "ratio": RatioScore,
    "padim": PadimScore,
    "context": ContextScore,
}
"""What is fitted to a layer and is not one density of its background descriptors."""


class ScoreError(ValueError):
    """A score that there is not; the message lists those that there are."""


def make_score(name: str, backbone: Pyramid, seed: int) -> Score:
    """Build a score, unfitted.

    Args:
        name: `head`, `classes`, `room`, `lraspp`, or what is fitted and the number of its layer, such as `gaussian4`.
        backbone: The trained backbone.
        seed: of a flow's weights.

    Raises:
        ScoreError: there is no such score.
    """
    numbers = [layer.number for layer in backbone.layers]
    if name == "head":
        return HeadScore(backbone)
    if name == "classes":
        return ClassesScore(backbone)
    if name == "room":
        return RoomScore(backbone, numbers.index(6))
    if name == "lraspp":
        return LrasppScore(backbone.layers[numbers.index(3)].channels, backbone.layers[numbers.index(5)].channels)
    kind, number = name[:-1], name[-1:]
    kinds = (*DENSITIES, *FITTED)
    if kind not in kinds or not number.isdecimal() or int(number) not in numbers:
        raise ScoreError(
            f"no score {name!r}; expected head, classes, room, lraspp, or one of {', '.join(kinds)} with the number "
            f"of a layer ({', '.join(map(str, numbers))}), such as gaussian4"
        )
    index = numbers.index(int(number))
    channels = backbone.layers[index].channels
    if kind in FITTED:
        return FITTED[kind](name, index, channels)
    return DensityScore(name, index, DENSITIES[kind](channels, seed))
