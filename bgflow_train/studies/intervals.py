# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Means with bootstrap intervals as cells of a table."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["RESAMPLES", "mean_cell"]

RESAMPLES = 1000
"""Number of bootstrap samples."""


def mean_cell(values: npt.NDArray[np.float64], digits: int) -> str:
    """Format the mean of values and its 95 % interval; `-` where there are none."""
    if not values.size:
        return "-"
    drawn = np.random.default_rng(0).choice(values, (RESAMPLES, values.size)).mean(1)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return f"{values.mean():.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"
