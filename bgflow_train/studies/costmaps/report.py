# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Results of many drives as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from bgflow_train.studies.intervals import RESAMPLES

__all__ = ["report"]


def report(results: Sequence[dict[str, Any]]) -> str:
    """Write Markdown: of all drives the share of obstacles missed, by kind, and phantoms, with intervals by drive."""
    first = results[0]
    layers = first["layers"]
    kinds = list(next(iter(layers.values()))["obstacles"])
    places = list(next(iter(layers.values()))["areas"])
    seen = {kind: sum(_layer(result, 0)["obstacles"][kind] for result in results) for kind in kinds}
    areas = {place: sum(_layer(result, 0)["areas"][place][0] for result in results) for place in places}
    lines = [
        f"{len(results)} drives, {sum(result['frames'] for result in results)} frames; per cent, 95 % intervals by "
        f"drive ({RESAMPLES} resamples). Model {first['made_of']['model'][:12]}.",
        "",
        f"Cells with an obstacle: {', '.join(f'{count} {kind}' for kind, count in seen.items())}. "
        f"{areas['wall']:.1f} m² of wall, {areas['floor']:.1f} m² of free floor.",
        "",
        f"| layer | {' | '.join(f'missed: {kind}' for kind in kinds)} | wall marked | free floor lost |",
        "| --- |" + " ---: |" * (len(kinds) + 2),
    ]
    for name in layers:
        cells = [
            _cell([(r["layers"][name]["missed"][kind], r["layers"][name]["obstacles"][kind]) for r in results])
            for kind in kinds
        ]
        cells += [_cell([tuple(r["layers"][name]["areas"][place][::-1]) for r in results]) for place in places]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def _layer(result: dict[str, Any], number: int) -> dict[str, Any]:
    return dict(list(result["layers"].values())[number])


def _cell(parts: Sequence[Any]) -> str:
    """Format the ratio of sums of parts and wholes, and its interval over the drives."""
    part, whole = np.array(parts, float).T
    if not whole.sum():
        return "-"
    drawn = np.random.default_rng(0).integers(0, len(part), (RESAMPLES, len(part)))
    wholes = whole[drawn].sum(1)
    ratios = 100 * part[drawn].sum(1)[wholes > 0] / wholes[wholes > 0]
    low, high = np.percentile(ratios, [2.5, 97.5])
    return f"{100 * part.sum() / whole.sum():.1f} ({low:.1f} to {high:.1f})"
