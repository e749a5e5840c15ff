# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Whether likelihoods are probabilities: reliability diagram and expected calibration error (Guo et al., 2017)."""

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
"""Of the likelihood, of equal width."""


def reliability(
    counts: npt.NDArray[np.int64], undo: Calibration | None = None
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Compare what is said with what is found.

    Args:
        counts: pictures x 2 x bins of background logits, see `metrics.histogram`.
        undo: a calibration to take back first.

    Returns:
        Mean likelihood, share of background (both NaN where no pixel lies) and share of all pixels, a bin each.
    """
    logits = (EDGES[:-1] + EDGES[1:]) / 2
    if undo is not None:
        logits = (logits - undo.offset) * undo.temperature
    likelihood = 1 / (1 + np.exp(-logits))
    place = np.minimum((likelihood * BINS).astype(int), BINS - 1)
    pooled = counts.sum(0).astype(np.float64)
    pixels = pooled.sum(0)
    each, said, background = (
        np.bincount(place, weights, BINS) for weights in (pixels, pixels * likelihood, pooled[BACKGROUND])
    )
    with np.errstate(invalid="ignore"):
        return said / each, background / each, each / each.sum()


def calibration_error(counts: npt.NDArray[np.int64], undo: Calibration | None = None) -> float:
    """Mean distance of likelihood and share of background, bins weighted by their pixels: 0 to 1."""
    said, found, share = reliability(counts, undo)
    return float(np.nansum(share * np.abs(said - found)))


def reliability_diagram(curves: Mapping[str, tuple[npt.NDArray[np.float64], ...]]) -> bytes:
    """Plot what `reliability` gave, under names, as a PNG."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5, 5), layout="constrained")
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    for name, (said, found, _) in curves.items():
        axes.plot(said, found, marker="o", label=name)
    axes.set(xlabel="likelihood of background", ylabel="share that is background", xlim=(0, 1), ylim=(0, 1))
    axes.legend()
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=100, metadata={"Software": None})
    return file.getvalue()
