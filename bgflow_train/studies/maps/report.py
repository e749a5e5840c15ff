# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Results of many drives as a Markdown table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bgflow_train.studies.intervals import RESAMPLES, mean_cell

__all__ = ["report"]

COLUMNS = {
    "foreground": "surface of foreground in the map",
    "background": "surface of background",
    "foreground_cells": "cells of foreground alone",
    "background_cells": "cells of background",
}


def report(results: Sequence[dict[str, Any]]) -> str:
    """Write Markdown: the means over the drives, in per cent, with 95 % intervals by drive."""
    first = results[0]
    lines = [
        f"{len(results)} drives, {sum(result['frames'] for result in results)} frames; per cent of what the map of all "
        f"depth holds, 95 % intervals by drive ({RESAMPLES} resamples). Model {first['made_of']['model'][:12]}.",
        "",
        f"| depth in the map | {' | '.join(COLUMNS.values())} |",
        "| --- |" + " ---: |" * len(COLUMNS),
    ]
    for name in first["maps"]:
        cells = [mean_cell(_shares(results, name, column), 1) for column in COLUMNS]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def _shares(results: Sequence[dict[str, Any]], name: str, column: str) -> npt.NDArray[np.float64]:
    found = [result["maps"][name][column] for result in results]
    return 100 * np.array([share for share in found if share is not None])
