# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Thresholds with a guarantee by conformal risk control (Angelopoulos et al., 2022)."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bgflow_train.data import DatasetError
from bgflow_train.evaluation.metrics import EDGES

__all__ = ["POINTS", "OperatingPoint", "Source", "check", "measure", "thresholds"]

Shares = npt.NDArray[np.float64]

LEAST = 0.01
"""Share of an image that is foreground at least, for a share of its foreground to say something: in a bare room a
single missed socket would be all of it."""


@dataclass(frozen=True)
class OperatingPoint:
    """Promise of a mask about the images of a new room."""

    level: float
    """Largest expected loss of a room, the mean over its images."""
    loss: Callable[[npt.NDArray[np.int64]], Shares]
    """Maps counts, images x 2 x bins (`metrics.histogram`), to the loss of each image for a threshold at the lower edge
    of each bin, images x bins from 0 to 1, falling with the threshold; NaN where an image tells nothing."""
    promise: str
    """The promise in words, after `at most LEVEL`."""
    rendered: bool
    """True if rendered rooms count as well: a low level needs more rooms than there are photographs of."""


@dataclass(frozen=True)
class Source:
    """Images from one source of rooms."""

    counts: npt.NDArray[np.int64]
    """Histogram of each image, images x 2 x bins, see `metrics.histogram`."""
    rooms: Sequence[Hashable]
    """The room of each image."""
    rendered: bool = False


def _above(counts: npt.NDArray[np.int64]) -> Shares:
    """Foreground pixels at or above the lower edge of each bin, images x bins."""
    return np.asarray(counts[:, 1, ::-1].cumsum(1)[:, ::-1], np.float64)


def _share_of_foreground(counts: npt.NDArray[np.int64]) -> Shares:
    foreground, labelled = counts[:, 1].sum(1), counts.sum((1, 2))
    shares: Shares = _above(counts) / np.maximum(1, foreground)[:, None]
    shares[foreground < LEAST * labelled] = np.nan
    return shares


def _share_of_pixels(counts: npt.NDArray[np.int64]) -> Shares:
    return np.asarray(_above(counts) / np.maximum(1, counts.sum((1, 2)))[:, None])


POINTS = {
    "foreground": OperatingPoint(
        0.05,
        _share_of_foreground,
        "of the foreground of a new room's images lies above, where it is 1 % of the image or more",
        rendered=False,
    ),
    "static": OperatingPoint(
        0.01, _share_of_pixels, "of the pixels of a new room's images are foreground that lies above", rendered=True
    ),
}
"""Operating points by mask. A foreground mask must miss little, a static mask must hold little that is not static."""


def thresholds(sources: Sequence[Source]) -> dict[str, float]:
    """Find the smallest likelihoods that keep the promises of POINTS, in expectation over new rooms.

    The guarantee is (n * mean risk + 1) / (n + 1) <= level over n exchangeable rooms, where the risk of a room is its
    mean loss. Beyond that, the mean risk of no source exceeds the level, so that the many rooms of one do not make up
    for another, and the threshold of the static mask is never below that of the foreground mask.

    Args:
        sources: The rooms.

    Returns:
        The likelihood by mask.

    Raises:
        DatasetError: There are fewer than 1 / level - 1 rooms, which give no guarantee at this level, or no
            likelihood below 1 keeps the level.
    """
    found: dict[str, float] = {}
    for mask, point in POINTS.items():
        parts = [_risks(source, point) for source in sources if point.rendered or not source.rendered]
        n, level = sum(map(len, parts)), point.level
        if 1 / (n + 1) > level:
            raise DatasetError(
                f"{n} rooms guarantee no level below {1 / (n + 1):.3f}; the level {level} of the {mask} mask needs at "
                f"least {round(1 / level) - 1} rooms"
            )
        kept = _kept(parts, level)
        if kept is None:
            raise DatasetError(
                f"no threshold below 1 keeps the level {level} of the {mask} mask on {n} rooms; the model needs better "
                "scores, or the level must be higher"
            )
        # Six digits are enough for readers. The value is rounded up, because only a higher threshold is as safe.
        likelihood = float(np.ceil(1e6 / (1 + np.exp(-EDGES[kept]))) / 1e6)
        found[mask] = max(likelihood, *found.values(), 0.0)
    return found


def measure(source: Source, point: OperatingPoint, likelihood: float) -> dict[str, Any]:
    """Measure the risk at a threshold.

    Args:
        source: The rooms.
        point: The promise.
        likelihood: The threshold.

    Returns:
        `rooms`, the number of rooms that tell something, and `risk`, the mean loss over them.
    """
    risks = _risks(source, point)
    place = int(np.searchsorted(EDGES, np.log(likelihood / (1 - likelihood)), "right")) - 1
    return {"rooms": len(risks), "risk": float(risks[:, place].mean()) if len(risks) else 0.0}


def check(sources: Sequence[Source], point: OperatingPoint, seed: int = 0, splits: int = 1000) -> dict[str, float]:
    """Test a promise on random splits of the rooms.

    Each split chooses the threshold on two thirds of the rooms and measures the risk on the rest.

    Args:
        sources: The rooms.
        point: The promise.
        seed: Seed of the splits.
        splits: Number of splits.

    Returns:
        `mean`, the mean risk over the splits, which should not exceed the level; `above`, the share of splits with a
        risk above the level, for which nothing is guaranteed; `none`, the share of splits with too few rooms for a
        threshold.
    """
    risks = np.concatenate([_risks(source, point) for source in sources if point.rendered or not source.rendered])
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(splits):
        order = rng.permutation(len(risks))
        half = 2 * len(order) // 3
        kept = _kept([risks[order[:half]]], point.level)
        if kept is not None:
            found.append(risks[order[half:], kept].mean())
    if not found:
        return {"mean": 0.0, "above": 0.0, "none": 1.0}
    return {
        "mean": float(np.mean(found)),
        "above": float(np.mean(np.array(found) > point.level)),
        "none": 1 - len(found) / splits,
    }


def _risks(source: Source, point: OperatingPoint) -> Shares:
    """Mean loss of each room over its images that tell something, rooms x bins; rooms without any are left out."""
    losses = point.loss(source.counts)
    tells = np.flatnonzero(~np.isnan(losses[:, 0]))
    names = np.array([str(source.rooms[int(image)]) for image in tells])
    order = np.unique(names)
    return np.array([losses[tells[names == name]].mean(0) for name in order]).reshape(len(order), losses.shape[1])


def _kept(parts: Sequence[Shares], level: float) -> int | None:
    """Lowest bin that keeps the level for all rooms with the bound, and for the mean of each part; None for none."""
    risks = np.concatenate(parts)
    n = len(risks)
    if n == 0:
        return None
    keeps = (n * risks.mean(0) + 1) / (n + 1) <= level
    for part in parts:
        if len(part):
            keeps &= part.mean(0) <= level
    kept = np.flatnonzero(keeps)
    return int(kept[0]) if len(kept) else None
