# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Calibration of logits by a temperature and an offset (Platt scaling)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bgflow_train.data import BACKGROUND

__all__ = ["Calibration"]


@dataclass(frozen=True)
class Calibration:
    """Map from raw to calibrated logits: calibrated = logit / temperature + offset."""

    temperature: float
    offset: float

    @classmethod
    def fit(
        cls, logits: npt.NDArray[np.float64], labels: npt.NDArray[np.uint8], weights: npt.NDArray[np.float64]
    ) -> Calibration:
        """Fit by logistic regression.

        Args:
            logits: Raw background logits, (n,).
            labels: BACKGROUND or FOREGROUND, (n,).
            weights: How much each logit counts, (n,).
        """
        from sklearn.linear_model import LogisticRegression

        regression = LogisticRegression(C=1e3).fit(logits[:, None], labels == BACKGROUND, weights)
        return cls(temperature=1 / float(regression.coef_[0, 0]), offset=float(regression.intercept_[0]))
