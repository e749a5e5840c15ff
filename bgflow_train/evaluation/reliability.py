# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Reliability diagram and expected calibration error of likelihoods (Guo et al., 2017)."""

from __future__ import annotations

import io
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from bgflow_train.data import BACKGROUND
from bgflow_train.evaluation.calibration import Calibration
from bgflow_train.evaluation.metrics import EDGES

__all__ = ["calibration_error", "reliability", "reliability_diagram"]

BINS = 15
"""Number of likelihood bins, of equal width."""


def reliability(
    counts: npt.NDArray[np.int64], undo: Calibration | None = None
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Compare the predicted likelihood of background with the observed share of background.

    Args:
        counts: Histograms of background logits, images x 2 x bins, see `metrics.histogram`.
        undo: A calibration to invert first; None for none.

    Returns:
        For each bin of the likelihood the mean likelihood and the share of background, both NaN in a bin without
        pixels, and the bin's share of all pixels. Each has the shape (BINS,).
    """
    logits = (EDGES[:-1] + EDGES[1:]) / 2
    if undo is not None:
        logits = (logits - undo.offset) * undo.temperature
    likelihood = 1 / (1 + np.exp(-logits))
    place = np.minimum((likelihood * BINS).astype(int), BINS - 1)
    pooled = counts.sum(0).astype(np.float64)
    pixels = pooled.sum(0)
    total, predicted, background = (
        np.bincount(place, weights, BINS) for weights in (pixels, pixels * likelihood, pooled[BACKGROUND])
    )
    with np.errstate(invalid="ignore"):
        return predicted / total, background / total, total / total.sum()


def calibration_error(counts: npt.NDArray[np.int64], undo: Calibration | None = None) -> float:
    """Compute the expected calibration error, between 0 and 1.

    It is the mean distance between likelihood and share of background, with every bin weighted by its pixels.

    Args:
        counts: See `reliability`.
        undo: See `reliability`.
    """
    predicted, observed, share = reliability(counts, undo)
    return float(np.nansum(share * np.abs(predicted - observed)))


def reliability_diagram(curves: Mapping[str, tuple[npt.NDArray[np.float64], ...]]) -> bytes:
    """Plot the results of `reliability`, by name, as a PNG file."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5, 5), layout="constrained")
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    for name, (predicted, observed, _) in curves.items():
        axes.plot(predicted, observed, marker="o", label=name)
    axes.set(xlabel="likelihood of background", ylabel="share that is background", xlim=(0, 1), ylim=(0, 1))
    axes.legend()
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=100, metadata={"Software": None})
    return file.getvalue()
