# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Fusion of the layers' densities into one logit per pixel (paper, III-B3)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bgflow_train.data import FOREGROUND

__all__ = ["PaperFusion"]


@dataclass(frozen=True)
class PaperFusion:
    """The paper's three strategies for fusing centred and normalised NLLs.

    The third strategy, a logistic regression, is linear in the NLLs and therefore one affine map.
    """

    centre: list[float]
    """Mean NLL of each layer's training features."""
    mean: list[float]
    deviation: list[float]
    """Mean and standard deviation of each layer's centred NLL on the fitting images."""
    weight: list[float]
    bias: float
    """Coefficients of strategy (iii): background logit = bias - weight . normalised NLL."""

    @classmethod
    def fit(
        cls,
        nll: npt.NDArray[np.float64],
        labels: npt.NDArray[np.uint8],
        centre: list[float],
        weights: npt.NDArray[np.float64],
    ) -> PaperFusion:
        """Fit to labelled cells.

        Args:
            nll: NLL in nats, n x layers.
            labels: BACKGROUND or FOREGROUND, (n,).
            centre: Mean NLL of each layer's training features.
            weights: How much each cell counts, (n,).
        """
        from sklearn.linear_model import LogisticRegression

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
        """Centre and normalise the NLL, ... x layers, so that layers can be compared."""
        return np.asarray((nll - self.centre - self.mean) / self.deviation)

    def minimum(self, nll: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Strategy (i): a cell is foreground if all layers agree. Maps NLL, ... x layers, to background score, ..."""
        return np.asarray(-self.normalised(nll).min(-1))

    def maximum(self, nll: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Strategy (ii): a cell is foreground if one layer says so. Maps NLL, ... x layers, to background score, ..."""
        return np.asarray(-self.normalised(nll).max(-1))

    def logit(self, nll: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Strategy (iii): logistic regression. Maps NLL, ... x layers, to background logit, ..."""
        return np.asarray(self.bias - self.normalised(nll) @ self.weight)

    def affine(self) -> tuple[list[float], float]:
        """Fold strategy (iii) into (a, b) with background logit = b + a . NLL."""
        a = [-w / d for w, d in zip(self.weight, self.deviation, strict=True)]
        b = self.bias - sum(ai * (c + m) for ai, c, m in zip(a, self.centre, self.mean, strict=True))
        return a, b
