# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Pixel metrics from histograms of logits: foreground is positive, void counts nowhere (paper, IV-B).

A histogram a picture keeps everything that the metrics need, so that pooling and resampling pictures cost an
addition; the results are exact to the width of a bin.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bgflow_train.data import BACKGROUND, FOREGROUND

__all__ = ["EDGES", "Metrics", "bootstrap", "histogram", "measure", "resampled", "summary"]

Counts = npt.NDArray[np.int64]

EDGES = np.linspace(-20, 20, 4001)
"""Edges of the logit bins; what lies outside counts in the outermost."""


@dataclass(frozen=True)
class Metrics:
    """A set's numbers, as fractions of 1."""

    auroc: float
    ap: float
    """Area under precision over recall."""
    ar: float
    """Area under recall over precision, from precision pi to 1: by partial integration AP - pi."""
    fpr95: float
    """False positive rate where 95 % of the foreground is found."""
    pi: float
    """Foreground's share of the pixels counted."""


def histogram(
    logits: npt.NDArray[np.float32], mask: npt.NDArray[np.uint8], labels: Sequence[int] = (BACKGROUND, FOREGROUND)
) -> Counts:
    """Count one picture's pixels of some labels by logit: labels x bins, background then foreground by default."""
    width = EDGES[1] - EDGES[0]
    bins = np.clip((logits - EDGES[0]) / width, 0, len(EDGES) - 2).astype(np.int64)
    return np.stack([np.bincount(bins[mask == label], minlength=len(EDGES) - 1) for label in labels])


def measure(counts: npt.NDArray[np.number]) -> Metrics:
    """Metrics of pooled counts, 2 x bins; NaN where one of the classes does not occur."""
    # The lowest background logit is the most foreground: thresholds rise from there.
    found = np.cumsum(counts, axis=1, dtype=np.float64)
    negatives, positives = found[:, -1]
    if negatives == 0 or positives == 0:
        return Metrics(np.nan, np.nan, np.nan, np.nan, float(positives / max(1, positives + negatives)))
    fpr, tpr = np.concatenate([np.zeros((2, 1)), found / [[negatives], [positives]]], axis=1)
    precision = found[1] / np.maximum(1, found.sum(0))
    ap = float((np.diff(tpr) * precision).sum())
    pi = float(positives / (positives + negatives))
    return Metrics(
        auroc=float((np.diff(fpr) * (tpr[1:] + tpr[:-1]) / 2).sum()),
        ap=ap,
        ar=ap - pi,
        fpr95=float(fpr[np.searchsorted(tpr, 0.95)]),
        pi=pi,
    )


def resampled(counts: Counts, seed: int, resamples: int = 1000) -> dict[str, npt.NDArray[np.float64]]:
    """The pooled metrics of as many pictures, drawn from these with replacement, again and again.

    Args:
        counts: pictures x 2 x bins.
        seed: of the resampling.
        resamples: how many. The same seed draws the same pictures, whatever the counts.

    Returns:
        resamples numbers, a metric each.
    """
    rng = np.random.default_rng(seed)
    pictures = len(counts)
    chosen = rng.multinomial(pictures, np.full(pictures, 1 / pictures), size=resamples).astype(np.float32)
    flat = counts.reshape(pictures, -1).astype(np.float32)
    rows = [asdict(measure((weights @ flat).reshape(2, -1))) for weights in chosen]
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def bootstrap(counts: Counts, seed: int, resamples: int = 1000) -> dict[str, tuple[float, float]]:
    """95 % intervals of the pooled metrics, see `resampled`."""
    return {
        name: (float(low), float(high))
        for name, numbers in resampled(counts, seed, resamples).items()
        for low, high in [np.nanpercentile(numbers, [2.5, 97.5])]
    }


def summary(counts: Counts, seed: int, resamples: int = 1000) -> dict[str, Any]:
    """Say, JSON-ready, what a system scores on a set: pooled, with 95 % intervals by picture, and picture by picture.

    Args:
        counts: pictures x 2 x bins.
        seed: of the intervals' resampling.
        resamples: of the pictures.

    Returns:
        `metrics`, `interval95`, and `mean_over_pictures`, over those that have both classes, as a picture of one class
        alone has no curve.
    """
    each = [asdict(measure(picture)) for picture in counts]
    return {
        "metrics": asdict(measure(counts.sum(0))),
        "interval95": bootstrap(counts, seed, resamples),
        "mean_over_pictures": {name: float(np.nanmean([picture[name] for picture in each])) for name in each[0]},
    }
