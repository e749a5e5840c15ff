# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""One logit for each cell from the default model's scores: a fusion that knows when the head is lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from bgflow_train.data import FOREGROUND
from bgflow_train.evaluation.metrics import histogram, measure

__all__ = ["Domain", "Fusion", "across_domains"]

Array = npt.NDArray[np.float64]

PENALTY = 1e-4
"""On the squared weights, so that scores that say the same share what they say."""


class Domain(NamedTuple):
    """Cells of the pictures of one source."""

    scores: Array
    """n x scores, foreground high."""
    confidence: Array
    """n: mean absolute head logit of the cell's picture."""
    labels: npt.NDArray[np.uint8]
    """n of BACKGROUND and FOREGROUND."""
    weights: Array
    """n: every picture counts the same."""


@dataclass(frozen=True)
class Fusion:
    """Logistic regression with weights that are not negative, on normalised scores.

    The first score is the head's. It counts with a weight, and with another one times the head's confidence in this
    picture, the mean absolute logit: a head that is lost says little about everything.
    """

    mean: list[float]
    deviation: list[float]
    """Of each score over the domains' cells."""
    weight: list[float]
    confidence: float
    """Weight of the head's score times its confidence."""
    bias: float
    """Of the background logit."""

    @classmethod
    def fit(cls, domains: Sequence[Domain]) -> Fusion:
        """Fit to domains that count the same, however many pictures they have."""
        scores = np.concatenate([domain.scores for domain in domains])
        weights = np.concatenate([domain.weights / domain.weights.sum() for domain in domains]) / len(domains)
        mean = weights @ scores
        # A score that never changes says nothing; it must not divide by zero either.
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

    def logit(self, scores: Array, confidence: Array) -> Array:
        """Compute the background logit of ... x scores with the confidence of their images."""
        factors, head, offset = self.affine()
        shift = self.mean[0]
        return np.asarray(offset + scores @ factors + head * confidence * (scores[..., 0] - shift))

    def affine(self) -> tuple[list[float], float, float]:
        """The map as (a, c, b): background logit = b + a . scores + c * confidence * (head - its mean)."""
        a = [-weight / deviation for weight, deviation in zip(self.weight, self.deviation, strict=True)]
        b = self.bias - sum(ai * mean for ai, mean in zip(a, self.mean, strict=True))
        return a, -self.confidence / self.deviation[0], b


def across_domains(domains: Sequence[Domain]) -> list[float]:
    """AUROC on each domain of the fusion that was fitted to the others."""
    found = []
    for place, domain in enumerate(domains):
        others = [other for index, other in enumerate(domains) if index != place]
        logits = Fusion.fit(others).logit(domain.scores, domain.confidence).astype(np.float32)
        found.append(measure(histogram(logits, domain.labels)).auroc)
    return found
