# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Thresholds with a guarantee, by conformal risk control (Angelopoulos et al., 2022)."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
import numpy.typing as npt

from bgflow_train.data import DatasetError
from bgflow_train.evaluation.metrics import EDGES

__all__ = ["LEVELS", "check", "threshold"]

LEVELS = {"foreground": 0.05, "static": 0.01}
"""Largest expected share of a room's foreground pixels whose likelihood lies above the mask's threshold."""


def threshold(counts: npt.NDArray[np.int64], rooms: Sequence[Hashable], level: float) -> float:
    """Smallest likelihood above which, in expectation, at most `level` of a new room's foreground lies.

    The guarantee is (n * mean risk + 1) / (n + 1) <= level over n exchangeable rooms, the risk of a room being the
    mean over its pictures of the share of foreground pixels above the threshold.

    Args:
        counts: pictures x 2 x bins, see `metrics.histogram`.
        rooms: the room of each picture.
        level: see LEVELS.

    Raises:
        DatasetError: fewer rooms than 1 / level - 1 can promise nothing at this level, or no likelihood keeps it.
    """
    risks = _risks(counts, rooms)
    n = len(risks)
    if 1 / (n + 1) > level:
        raise DatasetError(
            f"{n} rooms can promise no level below {1 / (n + 1):.3f}; {level} takes {round(1 / level) - 1}"
        )
    kept = _kept(risks, level)
    if kept is None:
        raise DatasetError(f"no likelihood below 1 keeps {level:.0%} of the foreground of {n} rooms out")
    # Six digits are enough for people; rounded up, because only higher is as safe.
    return float(np.ceil(1e6 / (1 + np.exp(-EDGES[kept]))) / 1e6)


def check(
    counts: npt.NDArray[np.int64], rooms: Sequence[Hashable], level: float, seed: int = 0, splits: int = 1000
) -> dict[str, float]:
    """Choose the threshold on a random two thirds of the rooms, measure the risk on the rest, and again.

    Args:
        counts: pictures x 2 x bins.
        rooms: the room of each picture.
        level: see LEVELS.
        seed: of the splits.
        splits: how many.

    Returns:
        `mean`, the mean risk over the splits, which the level bounds; `above`, the share of splits whose risk was
        above the level, which nothing bounds; `none`, the share in which so few rooms promise nothing.
    """
    risks = _risks(counts, rooms)
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(splits):
        order = rng.permutation(len(risks))
        half = 2 * len(order) // 3
        kept = _kept(risks[order[:half]], level)
        if kept is not None:
            found.append(risks[order[half:], kept].mean())
    if not found:
        return {"mean": 0.0, "above": 0.0, "none": 1.0}
    return {
        "mean": float(np.mean(found)),
        "above": float(np.mean(np.array(found) > level)),
        "none": 1 - len(found) / splits,
    }


def _risks(counts: npt.NDArray[np.int64], rooms: Sequence[Hashable]) -> npt.NDArray[np.float64]:
    """Rooms x bins: mean share of a room's foreground at or above each bin's lower edge."""
    foreground = counts[:, 1].astype(np.float64)
    # A picture without foreground risks nothing.
    above = foreground[:, ::-1].cumsum(1)[:, ::-1] / np.maximum(1, foreground.sum(1, keepdims=True))
    names = sorted(set(rooms), key=str)
    return np.array([above[[room == name for room in rooms]].mean(0) for name in names])


def _kept(risks: npt.NDArray[np.float64], level: float) -> int | None:
    """The lowest bin whose bound keeps the level."""
    n = len(risks)
    kept = np.flatnonzero((n * risks.mean(0) + 1) / (n + 1) <= level)
    return int(kept[0]) if len(kept) else None
