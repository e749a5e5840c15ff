# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Fits side by side on the validation sets, and what they make of novel things and other cameras."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from tqdm import tqdm

from bgflow_ros.segmentation.files import write_atomically
from bgflow_train.data import BACKGROUND, FOREGROUND, Dataset
from bgflow_train.data.canvas import canvas_of, on_picture
from bgflow_train.data.novel import NOVEL
from bgflow_train.evaluation.calibration import Calibration
from bgflow_train.evaluation.metrics import histogram, measure, resampled
from bgflow_train.model.fitting import Fitted
from bgflow_train.model.fusion import Fusion
from bgflow_train.model.network import Network
from bgflow_train.networks.device import DEVICE

__all__ = ["KINDS", "alone", "compared", "counted", "novelty"]

Counts = npt.NDArray[np.int64]
Array = npt.NDArray[np.float64]

KINDS = (BACKGROUND, FOREGROUND, NOVEL)
RESAMPLES = 1000


def alone(fitted: Fitted, name: str) -> Fitted:
    """Take one score out of a fit: the background logit is minus that score, and nothing else has a say.

    The score is normalised as the fusion does it, so that it lies within the histograms' range.

    Args:
        fitted: the whole.
        name: of the score.
    """
    fusion, recipe, index = fitted.fusion, fitted.recipe, fitted.recipe.scores.index(name)
    kept = sorted({0, index})  # the head's score gives the grid, with a weight or without
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
    )


@torch.inference_mode()
def counted(fitted: Fitted, dataset: Dataset, cache: Path) -> Counts:
    """Histograms of the fit's uncalibrated background logit: pictures x background, foreground, novel x bins.

    Args:
        fitted: what to measure.
        dataset: whose pictures.
        cache: folder of what has been counted, by fit and data.
    """
    uncalibrated = Calibration(1.0, 0.0)
    network = Network(fitted.pyramid, fitted.scores, fitted.fusion, uncalibrated).eval().to(DEVICE)
    decides = (_digest(network), fitted.recipe, fitted.fusion, dataset.digest())
    key = hashlib.sha256(repr(decides).encode()).hexdigest()
    path = cache / f"counted-{key[:24]}.npy"
    if path.exists():
        counts: Counts = np.load(path, allow_pickle=False)
        return counts
    found = []
    recipe, stride = fitted.recipe, fitted.pyramid.layers[-1].stride
    for sample in tqdm(dataset, desc=dataset.name, unit="picture"):
        canvas, _ = canvas_of(sample, recipe.width, recipe.height)
        coarse = network(torch.from_numpy(canvas).to(DEVICE)[None])[0].cpu().numpy()
        logit = on_picture(coarse, stride, sample, recipe.width, recipe.height)
        found.append(histogram(logit, sample.mask, KINDS))
    counts = np.stack(found)
    file = io.BytesIO()
    np.save(file, counts)
    write_atomically(path, file.getvalue())
    return counts


def compared(
    steps: Sequence[Sequence[Counts]], seed: int = 0, against: Sequence[int | None] | None = None
) -> list[dict[str, Any]]:
    """Metrics of each step, and what it gained over another one with a paired bootstrap by picture.

    Args:
        steps: of each step a Counts a seed, all of the same pictures.
        seed: of the resampling.
        against: of each step the place of an earlier one, or None; by default the one before.

    Returns:
        A step each: `metrics`, the mean over the seeds; `spread`, their standard deviation; `gain` and its 95 %
        interval, the same pictures drawn for both steps, None where it is against none.
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


def novelty(counts: Counts, rates: Sequence[float]) -> dict[str, float]:
    """Share of the novel pixels that are missed where so much of the same pictures' background is taken for foreground.

    Args:
        counts: see `counted`.
        rates: false positive rates.
    """
    background, _, novel = counts.sum(0).astype(np.float64)
    false, found = (kind.cumsum() / kind.sum() for kind in (background, novel))
    return {f"{rate:g}": float(1 - np.interp(rate, false, found)) for rate in rates}


def _digest(network: Network) -> str:
    digest = hashlib.sha256()
    for tensor in (*network.state_dict().values(), network.factors):
        digest.update(tensor.cpu().numpy().tobytes())
    return digest.hexdigest()
