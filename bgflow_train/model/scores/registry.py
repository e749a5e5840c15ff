# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Scores by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from bgflow_train.model.scores.base import Score
from bgflow_train.networks import Layer
from bgflow_train.networks.pyramid import Pyramid

__all__ = ["ScoreError", "ScoreRegistry"]


FIRST = ("head", "hybrid7")
"""Scores that can be the first: on the finest layer, and their mean absolute value tells how sure they are."""


class ScoreError(ValueError):
    """Unknown name of a score; the message lists the known ones."""


@dataclass(frozen=True)
class ScoreRegistry:
    """Constructors of scores by name."""

    of_backbone: Mapping[str, Callable[[Pyramid], Score]] = field(default_factory=dict)
    """Scores of the whole backbone, by name."""
    of_layer: Mapping[str, Callable[[str, int, Layer, int], Score]] = field(default_factory=dict)
    """Scores of one layer, by their name without the layer's number. A constructor takes the whole name, the layer's
    index among the backbone's, the layer and a seed."""

    def __or__(self, other: ScoreRegistry) -> ScoreRegistry:
        """Join two registries."""
        return ScoreRegistry({**self.of_backbone, **other.of_backbone}, {**self.of_layer, **other.of_layer})

    def make_all(self, names: Sequence[str], backbone: Pyramid, seed: int) -> list[Score]:
        """Build the scores of a model, not yet fitted.

        Args:
            names: See `make`.
            backbone: See `make`.
            seed: See `make`.

        Raises:
            ScoreError: There is no such score, one that another builds on is missing, or the first is none of FIRST.
        """
        if names[0] not in FIRST:
            raise ScoreError(f"the scores are {', '.join(names)}; expected {' or '.join(FIRST)} first")
        scores = [self.make(name, backbone, seed) for name in names]
        for score in scores:
            try:
                score.attach(scores)
            except ValueError as error:
                raise ScoreError(str(error)) from error
        return scores

    def make(self, name: str, backbone: Pyramid, seed: int) -> Score:
        """Build a score, not yet fitted.

        Args:
            name: A name in `of_backbone`, or one in `of_layer` followed by the number of a layer, such as `gaussian4`.
            backbone: The trained backbone.
            seed: Seed of random initial weights.

        Raises:
            ScoreError: There is no such score.
        """
        if name in self.of_backbone:
            return self.of_backbone[name](backbone)
        numbers = [layer.number for layer in backbone.layers]
        kind, number = name[:-1], name[-1:]
        if kind not in self.of_layer or not number.isdecimal() or int(number) not in numbers:
            raise ScoreError(
                f"no score {name!r}; expected {', '.join(self.of_backbone)}, or one of {', '.join(self.of_layer)} with "
                f"the number of a layer ({', '.join(map(str, numbers))}), such as gaussian4"
            )
        index = numbers.index(int(number))
        return self.of_layer[kind](name, index, backbone.layers[index], seed)
