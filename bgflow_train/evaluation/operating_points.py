# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Thresholds with a guarantee by conformal risk control (Angelopoulos et al., 2022)."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
import numpy.typing as npt

from bgflow_train.data import DatasetError
from bgflow_train.evaluation.metrics import EDGES

__all__ = ["LEVELS", "check", "threshold"]

LEVELS = {"foreground": 0.05, "static": 0.01}
"""Largest expected share of a room's foreground pixels above the threshold, for each mask."""


def threshold(counts: npt.NDArray[np.int64], rooms: Sequence[Hashable], level: float) -> float:
    """Find the smallest likelihood above which, in expectation, at most `level` of a new room's foreground lies.

    The guarantee is (n * mean risk + 1) / (n + 1) <= level over n exchangeable rooms. The risk of a room is the mean
    over its images of the share of foreground pixels above the threshold.

    Args:
        counts: Images x 2 x bins, see `metrics.histogram`.
        rooms: The room of each image.
        level: See LEVELS.

    Raises:
        DatasetError: There are fewer than 1 / level - 1 rooms, which give no guarantee at this level, or no
            likelihood below 1 keeps the level.
    """
    risks = _risks(counts, rooms)
    n = len(risks)
    if 1 / (n + 1) > level:
        raise DatasetError(
            f"{n} rooms guarantee no level below {1 / (n + 1):.3f}; the level {level} needs at least "
            f"{round(1 / level) - 1} rooms"
        )
    kept = _kept(risks, level)
    if kept is None:
        raise DatasetError(
            f"no threshold below 1 keeps all but {level:.0%} of the foreground of {n} rooms below it; the model needs "
            "better scores, or the level must be higher"
        )
    # Six digits are enough for readers. The value is rounded up, because only a higher threshold is as safe.
    return float(np.ceil(1e6 / (1 + np.exp(-EDGES[kept]))) / 1e6)


def check(
    counts: npt.NDArray[np.int64], rooms: Sequence[Hashable], level: float, seed: int = 0, splits: int = 1000
) -> dict[str, float]:
    """Test the guarantee on random splits of the rooms.

    Each split chooses the threshold on two thirds of the rooms and measures the risk on the rest.

    Args:
        counts: Images x 2 x bins.
        rooms: The room of each image.
        level: See LEVELS.
        seed: Seed of the splits.
        splits: Number of splits.

    Returns:
        `mean`, the mean risk over the splits, which should not exceed the level; `above`, the share of splits with a
        risk above the level, for which nothing is guaranteed; `none`, the share of splits with too few rooms for a
        threshold.
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
    """Mean share of each room's foreground at or above the lower edge of each bin, rooms x bins."""
    foreground = counts[:, 1].astype(np.float64)
    # The risk of an image without foreground is 0.
    above = foreground[:, ::-1].cumsum(1)[:, ::-1] / np.maximum(1, foreground.sum(1, keepdims=True))
    names = sorted(set(rooms), key=str)
    return np.array([above[[room == name for room in rooms]].mean(0) for name in names])


def _kept(risks: npt.NDArray[np.float64], level: float) -> int | None:
    """Lowest bin whose bound does not exceed the level; None if there is none."""
    n = len(risks)
    kept = np.flatnonzero((n * risks.mean(0) + 1) / (n + 1) <= level)
    return int(kept[0]) if len(kept) else None
