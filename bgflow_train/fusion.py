# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""One logit a pixel from the layers' densities (paper, III-B3)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from bgflow_train.datasets import FOREGROUND

__all__ = ["Fusion"]


@dataclass(frozen=True)
class Fusion:
    """Logistic regression on normalised, centred NLLs: linear, so that it folds into one affine map a layer."""

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
    ) -> Fusion:
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

    def affine(self) -> tuple[list[float], float]:
        """The whole map as (a, b): background logit = b + a . NLL."""
        a = [-w / d for w, d in zip(self.weight, self.deviation, strict=True)]
        b = self.bias - sum(ai * (c + m) for ai, c, m in zip(a, self.centre, self.mean, strict=True))
        return a, b
