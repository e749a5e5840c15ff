# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Pixel metrics from histograms of logits; foreground is the positive class and void is ignored (paper, IV-B).

One histogram per image holds everything that the metrics need, so that pooling and resampling images takes only
additions. The results are exact up to the width of a bin.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bgflow_train.data import BACKGROUND, FOREGROUND, DatasetError

__all__ = ["EDGES", "Metrics", "bootstrap", "histogram", "measure", "require_both_labels", "resampled", "summary"]

Counts = npt.NDArray[np.int64]

EDGES = np.linspace(-20, 20, 4001)
"""Edges of the logit bins. Logits outside are counted in the outermost bins."""


@dataclass(frozen=True)
class Metrics:
    """Metrics of a set of pixels, as fractions of 1."""

    auroc: float
    ap: float
    """Average precision: the area under precision as a function of recall."""
    ar: float
    """Area under recall as a function of precision, from precision pi to 1; by partial integration AP - pi."""
    fpr95: float
    """False positive rate at a true positive rate of 95 %."""
    pi: float
    """Share of the foreground among the pixels."""


def histogram(
    logits: npt.NDArray[np.float32], mask: npt.NDArray[np.uint8], labels: Sequence[int] = (BACKGROUND, FOREGROUND)
) -> Counts:
    """Count one image's pixels by label and logit.

    Args:
        logits: Background logits, H x W.
        mask: The labels, H x W.
        labels: The labels to count.

    Returns:
        Labels x bins, by default background and foreground.
    """
    width = EDGES[1] - EDGES[0]
    bins = np.clip((logits - EDGES[0]) / width, 0, len(EDGES) - 2).astype(np.int64)
    return np.stack([np.bincount(bins[mask == label], minlength=len(EDGES) - 1) for label in labels])


def measure(counts: npt.NDArray[np.number]) -> Metrics:
    """Compute the metrics of pooled counts, 2 x bins.

    Returns:
        The metrics; all but pi are NaN where foreground or background does not occur.
    """
    # Pixels count as foreground below a threshold on the background logit, which rises from bin to bin.
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
    """Compute the pooled metrics of bootstrap samples, in each of which as many images are drawn with replacement.

    Args:
        counts: Images x 2 x bins.
        seed: Seed of the drawing. The same seed draws the same images, whatever the counts.
        resamples: Number of bootstrap samples.

    Returns:
        For each metric an array of its values, (resamples,).
    """
    rng = np.random.default_rng(seed)
    images = len(counts)
    drawn = rng.multinomial(images, np.full(images, 1 / images), size=resamples).astype(np.float32)
    flat = counts.reshape(images, -1).astype(np.float32)
    rows = [vars(measure((weights @ flat).reshape(2, -1))) for weights in drawn]
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def bootstrap(counts: Counts, seed: int, resamples: int = 1000) -> dict[str, tuple[float, float]]:
    """Compute 95 % intervals of the pooled metrics by image, see `resampled`."""
    return {
        name: (float(low), float(high))
        for name, numbers in resampled(counts, seed, resamples).items()
        for low, high in [np.nanpercentile(numbers, [2.5, 97.5])]
    }


def summary(counts: Counts, seed: int, resamples: int = 1000) -> dict[str, Any]:
    """Summarize a system's metrics on a set.

    Args:
        counts: Images x 2 x bins.
        seed: Seed of the resampling behind the intervals.
        resamples: Number of bootstrap samples.

    Returns:
        JSON-ready: the pooled `metrics`, their `interval95` by image, and `mean_over_pictures`, the mean over the
        images that show both foreground and background.
    """
    each = [asdict(measure(image)) for image in counts]
    return {
        "metrics": asdict(measure(counts.sum(0))),
        "interval95": bootstrap(counts, seed, resamples),
        "mean_over_pictures": {name: float(np.nanmean([image[name] for image in each])) for name in each[0]},
    }


def require_both_labels(name: str, counts: Counts) -> None:
    """Refuse a set that has no metrics because only one of the labels occurs.

    Args:
        name: The name of the set.
        counts: Images x 2 x bins.

    Raises:
        DatasetError: The set has no background or no foreground.
    """
    for label, pixels in zip(("background", "foreground"), counts.sum((0, 2)), strict=True):
        if not pixels:
            raise DatasetError(f"{name} has no pixel labelled {label}; expected pixels of background and foreground")
