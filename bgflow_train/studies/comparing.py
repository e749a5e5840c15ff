# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Comparison of fits on the same images: metrics, paired gains, and novel objects that are missed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from bgflow_train.data import BACKGROUND, FOREGROUND, IndexedDataset, Sample
from bgflow_train.data.canvas import from_canvas, to_canvas
from bgflow_train.data.folds import ByFold
from bgflow_train.data.novel import NOVEL
from bgflow_train.evaluation.calibration import Calibration
from bgflow_train.evaluation.counts import Counts, count
from bgflow_train.evaluation.metrics import histogram, measure, resampled
from bgflow_train.model.fitted import Fitted
from bgflow_train.model.fusion import Fusion
from bgflow_train.model.network import Network
from bgflow_train.networks.device import DEVICE

__all__ = ["LABELS", "CountedFit", "alone", "compare_steps", "count_fit", "fit_identity", "missed_novel"]

Array = npt.NDArray[np.float64]

LABELS = (BACKGROUND, FOREGROUND, NOVEL)
RESAMPLES = 1000
"""Number of bootstrap samples."""


def alone(fitted: Fitted, name: str) -> Fitted:
    """Reduce a fit to one of its scores: the background logit becomes the negative of that score.

    The score is normalised as in the fusion, so that it lies within the range of the histograms.

    Args:
        fitted: The whole fit.
        name: The name of the score.
    """
    fusion, recipe, index = fitted.fusion, fitted.recipe, fitted.recipe.scores.index(name)
    kept = sorted({0, index})  # The map has no coarser grid than the first score, even with a weight of 0.
    return replace(
        fitted,
        recipe=replace(recipe, scores=tuple(recipe.scores[place] for place in kept)),
        scores=[fitted.scores[place] for place in kept],
        fusion=Fusion(
            mean=[fusion.mean[place] for place in kept],
            deviation=[fusion.deviation[place] for place in kept],
            weight=[float(place == index) for place in kept],
            confidence=0.0,
            bias=0.0,
        ),
        folds=tuple(alone(part, name) for part in fitted.folds),
    )


def count_fit(counted: CountedFit, dataset: IndexedDataset, cache: Path) -> Counts:
    """Count the pixels of every image by label and by a fit's background logit, before calibration.

    Args:
        counted: The fit to measure.
        dataset: The labelled images.
        cache: Folder for the counts, from which the same call takes them again.

    Returns:
        Histograms, images x LABELS x bins.
    """
    return count(counted, dataset, cache, keep=True)["logits"]


class CountedFit:
    """The `counts.System` of a fit, made once for all data sets: its identity is a digest of all its weights.

    With cross-fitting the fit of its fold counts an image, which has not seen it.
    """

    def __init__(self, fitted: Fitted) -> None:
        self._fitted = fitted
        self._networks = ByFold(*(_network(one).to(DEVICE) for one in (fitted, *fitted.folds)))
        self.identity = (*fit_identity(fitted), *map(fit_identity, fitted.folds))

    @torch.inference_mode()
    def count(self, sample: Sample) -> dict[str, Counts]:
        """Count the pixels of an image."""
        recipe, stride = self._fitted.recipe, self._fitted.stride
        canvas, _ = to_canvas(sample, recipe.width, recipe.height)
        coarse = self._networks.of(sample.id)(torch.from_numpy(canvas).to(DEVICE)[None])[0].cpu().numpy()
        logit = from_canvas(coarse, stride, sample, recipe.width, recipe.height)
        return {"logits": histogram(logit, sample.mask, LABELS)}


def fit_identity(fitted: Fitted) -> tuple[object, ...]:
    """Everything that the results of a fit depend on besides the images; its `repr` is the same in every process."""
    network, digest = _network(fitted), hashlib.sha256()
    for tensor in network.state_dict().values():
        digest.update(tensor.cpu().numpy().tobytes())
    # The record of the whole fit tells apart what a score alone takes from another one's flow.
    digest.update(json.dumps(fitted.record, sort_keys=True).encode())
    return digest.hexdigest(), fitted.recipe, fitted.fusion


def _network(fitted: Fitted) -> Network:
    return Network(fitted.backbone, fitted.scores, fitted.fusion, Calibration(1.0, 0.0)).eval()


def compare_steps(
    steps: Sequence[Sequence[Counts]], seed: int = 0, against: Sequence[int | None] | None = None
) -> list[dict[str, Any]]:
    """Compute the metrics of each step and its gain over an earlier step, by a paired bootstrap over the images.

    Args:
        steps: For each step the counts of its fits, one per training seed, all of the same images.
        seed: Seed of the resampling.
        against: For each step the index of the earlier step to compare with, or None; by default the step before.

    Returns:
        For each step `metrics`, the mean over its fits; `spread`, their standard deviation; `gain`, for each metric
        the gain and its 95 % interval, with the same images drawn for both steps, or None without a step to compare
        with.
    """
    rows: list[dict[str, Any]] = []
    drawings: list[dict[str, Array]] = []
    if against is None:
        against = [None, *range(len(steps) - 1)]
    for counts, other in zip(steps, against, strict=True):
        each = [asdict(measure(one[:, :2].sum(0))) for one in counts]
        names = [name for name in each[0] if name != "pi"]
        row: dict[str, Any] = {
            "metrics": {name: float(np.mean([one[name] for one in each])) for name in names},
            "spread": {name: float(np.std([one[name] for one in each])) for name in names},
            "gain": None,
        }
        drawn = [resampled(one[:, :2], seed, RESAMPLES) for one in counts]
        means = {name: np.mean([one[name] for one in drawn], axis=0) for name in names}
        if other is not None:
            row["gain"] = {
                name: [
                    row["metrics"][name] - rows[other]["metrics"][name],
                    *np.nanpercentile(means[name] - drawings[other][name], [2.5, 97.5]).tolist(),
                ]
                for name in names
            }
        drawings.append(means)
        rows.append(row)
    return rows


def missed_novel(counts: Counts, rates: Sequence[float]) -> dict[str, float]:
    """Compute the share of the novel objects' pixels that is missed at given false positive rates.

    Args:
        counts: See `count_fit`.
        rates: Shares of the background in the same images that is taken for foreground.

    Returns:
        The missed shares by rate, with the rates formatted by `:g`.
    """
    background, _, novel = counts.sum(0).astype(np.float64)
    false, found = (pixels.cumsum() / pixels.sum() for pixels in (background, novel))
    return {f"{rate:g}": float(1 - np.interp(rate, false, found)) for rate in rates}
