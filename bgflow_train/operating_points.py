# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Thresholds with a guarantee, by conformal risk control (Angelopoulos et al., 2022)."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
import numpy.typing as npt

from bgflow_train.datasets import DatasetError
from bgflow_train.metrics import EDGES

__all__ = ["LEVELS", "threshold"]

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
    foreground = counts[:, 1].astype(np.float64)
    # The share at or above each bin's lower edge; a picture without foreground risks nothing.
    above = foreground[:, ::-1].cumsum(1)[:, ::-1] / np.maximum(1, foreground.sum(1, keepdims=True))
    names = sorted(set(rooms), key=str)
    risk = np.mean([above[[room == name for room in rooms]].mean(0) for name in names], axis=0)
    n = len(names)
    bound = (n * risk + 1) / (n + 1)
    if 1 / (n + 1) > level:
        raise DatasetError(
            f"{n} rooms can promise no level below {1 / (n + 1):.3f}; {level} takes {round(1 / level) - 1}"
        )
    kept = np.flatnonzero(bound <= level)
    if not len(kept):
        raise DatasetError(f"no likelihood below 1 keeps {level:.0%} of the foreground of {n} rooms out")
    # Six digits are enough for people; rounded up, because only higher is as safe.
    return float(np.ceil(1e6 / (1 + np.exp(-EDGES[kept[0]]))) / 1e6)
