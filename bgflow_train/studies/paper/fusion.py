# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""One logit a pixel from the layers' densities (paper, III-B3)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from bgflow_train.data import FOREGROUND

__all__ = ["PaperFusion"]


@dataclass(frozen=True)
class PaperFusion:
    """The paper's three strategies on centred, normalised NLLs.

    The third, a logistic regression, is linear, so that it folds into one affine map a layer.
    """

    centre: list[float]
    """Mean NLL of each layer's training features."""
    mean: list[float]
    deviation: list[float]
    """Of the centred NLL on the fitting pictures."""
    weight: list[float]
    bias: float
    """Of the background logit: bias - weight . normalised NLL."""

    @classmethod
    def fit(
        cls,
        nll: npt.NDArray[np.float64],
        labels: npt.NDArray[np.uint8],
        centre: list[float],
        weights: npt.NDArray[np.float64],
    ) -> PaperFusion:
        """Fit to cells of known label.

        Args:
            nll: n x layers.
            labels: n of BACKGROUND and FOREGROUND.
            centre: mean NLL of each layer's training features.
            weights: n, how much each cell counts.
        """
        centred = nll - centre
        mean, deviation = centred.mean(0), centred.std(0)
        regression = LogisticRegression(C=1e3).fit((centred - mean) / deviation, labels == FOREGROUND, weights)
        return cls(
            centre=list(centre),
            mean=mean.tolist(),
            deviation=deviation.tolist(),
            weight=regression.coef_[0].tolist(),
            bias=-float(regression.intercept_[0]),
        )

    def normalised(self, nll: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Centre and normalise ... x layers of NLL, so that layers can be compared."""
        return np.asarray((nll - self.centre - self.mean) / self.deviation)

    def minimum(self, nll: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Strategy (i): foreground where all layers agree. ... x layers of NLL to ... of background score."""
        return np.asarray(-self.normalised(nll).min(-1))

    def maximum(self, nll: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Strategy (ii): foreground where one layer says so. ... x layers of NLL to ... of background score."""
        return np.asarray(-self.normalised(nll).max(-1))

    def logit(self, nll: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Strategy (iii): the regression. ... x layers of NLL to ... of background logit."""
        return np.asarray(self.bias - self.normalised(nll) @ self.weight)

    def affine(self) -> tuple[list[float], float]:
        """The whole map as (a, b): background logit = b + a . NLL."""
        a = [-w / d for w, d in zip(self.weight, self.deviation, strict=True)]
        b = self.bias - sum(ai * (c + m) for ai, c, m in zip(a, self.centre, self.mean, strict=True))
        return a, b
