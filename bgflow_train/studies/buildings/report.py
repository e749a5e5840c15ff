# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Results of adaptation as Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from bgflow_train.studies.buildings.measuring import WAYS

__all__ = ["report"]

COLUMNS = {
    "auroc": ("AUROC", 1.0, ".3f"),
    "fpr95": ("FPR95", 100.0, ".1f"),
    "foreground_missed": ("foreground missed", 100.0, ".1f"),
    "background_taken": ("background called foreground", 100.0, ".1f"),
    "background_static": ("background in the static mask", 100.0, ".1f"),
    "foreground_static": ("foreground in it", 100.0, ".1f"),
}


def report(results: Mapping[str, dict[str, Any]], home: dict[str, float] | None, model: str) -> str:
    """Write Markdown: a row for each building and way of adapting, then the means.

    Args:
        results: Result of each building by name.
        home: Measurement of the model at home before it was adapted; None where it was not measured.
        model: SHA-256 of the model.
    """
    lines = [
        f"{len(results)} buildings, model {model[:12]}. All but AUROC in per cent.",
        "",
        f"| building | model | {' | '.join(heading for heading, *_ in COLUMNS.values())} | AUROC at home |",
        "| --- | --- |" + " ---: |" * (len(COLUMNS) + 1),
    ]
    for name, result in results.items():
        for way, found in result.items():
            if "refused" in found:
                lines.append(f"| {name} | {way} | refused: {found['refused']} |" + " |" * len(COLUMNS))
                continue
            own = home if way == WAYS[0] else found["home"]
            kept = "-" if own is None else format(own["auroc"], ".4f")
            lines.append(f"| {name} | {way} | {_cells(found['there'])} | {kept} |")
    for way in WAYS:
        # Means of the same buildings can be compared: of those that each way has adapted to.
        there = [result[way]["there"] for result in results.values() if "there" in result.get(way, {})]
        if there:
            mean = {key: float(np.mean([found[key] for found in there])) for key in COLUMNS}
            lines.append(f"| **mean of {len(there)}** | {way} | {_cells(mean)} | |")
    return "\n".join([*lines, ""])


def _cells(found: Mapping[str, float]) -> str:
    return " | ".join(format(scale * found[key], shape) for key, (_, scale, shape) in COLUMNS.items())
