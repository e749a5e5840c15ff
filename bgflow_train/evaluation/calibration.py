# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Logits that are probabilities (Platt scaling): a temperature and an offset."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from bgflow_train.data import BACKGROUND

__all__ = ["Calibration"]


@dataclass(frozen=True)
class Calibration:
    """Calibrated logit = logit / temperature + offset."""

    temperature: float
    offset: float

    @classmethod
    def fit(
        cls, logits: npt.NDArray[np.float64], labels: npt.NDArray[np.uint8], weights: npt.NDArray[np.float64]
    ) -> Calibration:
        """Fit to n background logits with their labels and weights."""
        regression = LogisticRegression(C=1e3).fit(logits[:, None], labels == BACKGROUND, weights)
        return cls(temperature=1 / float(regression.coef_[0, 0]), offset=float(regression.intercept_[0]))
