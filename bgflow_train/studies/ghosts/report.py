# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Ghosts in maps as a Markdown table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from bgflow_train.studies.intervals import RESAMPLES, mean_cell

__all__ = ["report"]


def report(results: Sequence[dict[str, Any]]) -> str:
    """Write Markdown: square metres of ghosts for each way of choosing depth and each share that has moved."""
    shares = sorted({result["moved"] for result in results})
    lines = [
        f"{len(results)} other days, {sum(result['frames'] for result in results)} frames; square metres, means with "
        f"95 % intervals by drive ({RESAMPLES} resamples). Model {results[0]['made_of']['model'][:12]}.",
        "",
        f"| depth in the map | surface | {' | '.join(f'ghosts, {100 * share:g} % moved' for share in shares)} |",
        "| --- |" + " ---: |" * (len(shares) + 1),
    ]
    for name in results[0]["maps"]:
        surface = np.mean([result["maps"][name]["surface"] for result in results])
        ghosts = [
            mean_cell(np.array([one["maps"][name]["ghosts"] for one in results if one["moved"] == share]), 2)
            for share in shares
        ]
        lines.append(f"| {name} | {surface:.0f} | {' | '.join(ghosts)} |")
    return "\n".join([*lines, ""])
