# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""One logit for each cell from the default model's scores: a fusion that knows when the first is lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from scipy.optimize import minimize
from torch import Tensor, nn

from bgflow_train.data import FOREGROUND
from bgflow_train.evaluation.metrics import histogram, measure

__all__ = ["PENALTY", "Domain", "ExtremeFusion", "Fusion", "across_domains"]

Array = npt.NDArray[np.float64]

PENALTY = 3e-3
"""Weight of the squared weights in the loss, which lets scores that say the same share their influence.

With a thirtieth of it, which of them gets all depends on a few photographs (results/experiments.md)."""


class Domain(NamedTuple):
    """Scored cells of the images of one domain."""

    scores: Array
    """Scores of each cell, n x scores, high for foreground."""
    confidence: Array
    """Mean absolute value of the first score in the image of each cell, n."""
    labels: npt.NDArray[np.uint8]
    """Label of each cell, n; BACKGROUND or FOREGROUND."""
    weights: Array
    """Weight of each cell, n; the weights of every image have the same sum."""


@dataclass(frozen=True)
class Fusion:
    """Logistic regression on normalised scores, with weights that are not negative.

    The first score is a log-ratio. It has one weight, and another one that is multiplied by its confidence in the
    image, its mean absolute value: a score in an unfamiliar domain has small values everywhere.
    """

    mean: list[float]
    deviation: list[float]
    """Standard deviation of each score over the cells of the domains."""
    weight: list[float]
    confidence: float
    """Weight of the product of the first score and its confidence."""
    bias: float
    """Bias of the background logit."""

    @classmethod
    def fit(cls, domains: Sequence[Domain]) -> Fusion:
        """Fit to domains, each with the same total weight whatever its number of images."""
        scores = np.concatenate([domain.scores for domain in domains])
        weights = np.concatenate([domain.weights / domain.weights.sum() for domain in domains]) / len(domains)
        mean = weights @ scores
        # A constant score carries no information, and must not cause a division by zero.
        deviation = np.maximum(np.sqrt(weights @ (scores - mean) ** 2), 1e-9)
        confidence = np.concatenate([domain.confidence for domain in domains])
        normal = (scores - mean) / deviation
        x = np.column_stack([normal, normal[:, 0] * confidence])
        sign = np.where(np.concatenate([domain.labels for domain in domains]) == FOREGROUND, 1.0, -1.0)

        def loss(parameters: Array) -> tuple[float, Array]:
            margin = sign * (x @ parameters[:-1] + parameters[-1])
            value = weights @ np.logaddexp(0, -margin) + PENALTY * parameters[:-1] @ parameters[:-1]
            slope = -weights * sign / (1 + np.exp(np.minimum(margin, 500)))
            return float(value), np.append(x.T @ slope + 2 * PENALTY * parameters[:-1], slope.sum())

        start = np.append(np.full(x.shape[1], 0.5), 0.0)
        bounds = [(0.0, None)] * x.shape[1] + [(None, None)]
        found = minimize(loss, start, jac=True, bounds=bounds, method="L-BFGS-B").x
        return cls(mean.tolist(), deviation.tolist(), found[:-2].tolist(), float(found[-2]), -float(found[-1]))

    def shares(self, confidence: float) -> list[float]:
        """Compute the share of each score in all weights, for images of this confidence."""
        weights = np.abs([self.weight[0] + self.confidence * confidence, *self.weight[1:]])
        return [float(weight) for weight in weights / (weights.sum() or 1.0)]  # a fusion may find nothing of use

    def logit(self, scores: Array, confidence: Array) -> Array:
        """Compute the background logit of ... x scores with the confidence of their images."""
        factors, head, offset = self.affine()
        shift = self.mean[0]
        return np.asarray(offset + scores @ factors + head * confidence * (scores[..., 0] - shift))

    def module(self) -> nn.Module:
        """Build the torch module that computes `logit` for 1 x scores x h x w and a confidence."""
        return _Affine(self)

    def affine(self) -> tuple[list[float], float, float]:
        """Return the fusion as (a, c, b): background logit = b + a . scores + c * confidence * (head - its mean)."""
        a = [-weight / deviation for weight, deviation in zip(self.weight, self.deviation, strict=True)]
        b = self.bias - sum(ai * mean for ai, mean in zip(a, self.mean, strict=True))
        return a, -self.confidence / self.deviation[0], b


@dataclass(frozen=True)
class ExtremeFusion:
    """Smallest or largest normalised score: the paper's strategies (i) and (ii), which have no weights."""

    mean: list[float]
    deviation: list[float]
    """Mean and standard deviation of each score."""
    largest: bool
    """True for strategy (ii): a cell is foreground if one score says so, and not only if all do."""

    def shares(self, confidence: float) -> list[float]:
        """Return the same share for each score."""
        return [1 / len(self.mean)] * len(self.mean)

    def logit(self, scores: Array, confidence: Array) -> Array:
        """Compute the background score of ... x scores; the confidence does not matter."""
        normal = (scores - self.mean) / self.deviation
        return np.asarray(-(normal.max(-1) if self.largest else normal.min(-1)))

    def module(self) -> nn.Module:
        """Build the torch module that computes `logit` for 1 x scores x h x w and a confidence."""
        return _Extreme(self)


class _Affine(nn.Module):
    def __init__(self, fusion: Fusion) -> None:
        super().__init__()
        factors, self.first, self.offset = fusion.affine()
        self.factors = nn.Buffer(torch.tensor(factors)[:, None, None], persistent=False)
        self.shift = fusion.mean[0]

    def forward(self, scores: Tensor, confidence: Tensor) -> Tensor:
        logit = self.offset + (scores * self.factors).sum(1)
        if self.first:
            logit = logit + self.first * confidence * (scores[:, 0] - self.shift)
        return logit


class _Extreme(nn.Module):
    def __init__(self, fusion: ExtremeFusion) -> None:
        super().__init__()
        self.mean, self.deviation = (
            nn.Buffer(torch.tensor(values)[:, None, None], persistent=False)
            for values in (fusion.mean, fusion.deviation)
        )
        self.largest = fusion.largest

    def forward(self, scores: Tensor, confidence: Tensor) -> Tensor:
        normal = (scores - self.mean) / self.deviation
        return -(normal.amax(1) if self.largest else normal.amin(1))


def across_domains(domains: Sequence[Domain]) -> list[float]:
    """Compute the AUROC on each domain of a fusion that is fitted to the other domains."""
    found = []
    for place, domain in enumerate(domains):
        others = [other for index, other in enumerate(domains) if index != place]
        logits = Fusion.fit(others).logit(domain.scores, domain.confidence).astype(np.float32)
        found.append(measure(histogram(logits, domain.labels)).auroc)
    return found
