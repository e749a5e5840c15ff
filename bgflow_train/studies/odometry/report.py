# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Results of many drives as Markdown tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from bgflow_train.studies.odometry.masking import NONE

__all__ = ["groups", "mean_error", "report"]

Result = dict[str, Any]

ERRORS = {"ate": ("ATE, cm", 100.0), "rpe_shift": ("RPE, cm/s", 100.0), "rpe_turn": ("RPE, deg/s", 1.0)}
"""Heading and factor of each error."""


def groups(results: Sequence[Result]) -> dict[str, list[Result]]:
    """Group results by the share of the view that moves, and recorded drives by name."""
    found: dict[str, list[Result]] = defaultdict(list)
    for result in sorted(results, key=lambda result: (result["drive"].get("amount", 9), result["name"])):
        amount = result["drive"].get("amount")
        found[result["name"] if amount is None else f"{100 * amount:.0f} % of the view moves"].append(result)
    return dict(found)


def mean_error(results: Sequence[Result], method: str, masking: str, error: str) -> float:
    """Compute the mean error over drives and seeds; NaN where no drive has such a mask."""
    runs = [run[error] for result in results for run in result["errors"][method].get(masking, [])]
    return float(np.mean(runs)) if runs else float("nan")


def report(results: Sequence[Result]) -> str:
    """Write Markdown: a table for each group of drives, then one of all drives."""
    lines: list[str] = []
    for name, members in groups(results).items():
        rooms = f"{len(members)} drives" if len(members) > 1 else "one drive"
        shares = [result["drive"]["share"] for result in members if "share" in result["drive"]]
        moving = f"; in truth {100 * np.mean(shares):.0f} %" if shares and max(shares) > 0 else ""
        lines += [f"## {name}", "", f"{rooms}, {sum(result['frames'] for result in members)} frames{moving}", ""]
        lines += [*_table(members), ""]
    lines += ["## Every drive", "", *_drives(results), ""]
    first = results[0]
    versions = ", ".join(f"{name} {version}" for name, version in first["versions"].items())
    lines += [
        f"Model {first['made_of']['model'][:12]}, {first['made_of']['seeds']} seeds of RANSAC{_runs(first)}; "
        f"{versions}; {first['machine']['processor']}, {first['machine']['cores']} cores.",
        "",
    ]
    return "\n".join(lines)


def _runs(result: Result) -> str:
    """Tell how often methods ran whose runs differ by themselves."""
    counts = {method: len(next(iter(ways.values()))) for method, ways in result["errors"].items()}
    return f", {counts['ORB-SLAM3']} runs of ORB-SLAM3" if "ORB-SLAM3" in counts else ""


def _table(results: Sequence[Result]) -> list[str]:
    headings = [heading for heading, _ in ERRORS.values()]
    lines = [
        f"| method | mask | {' | '.join(headings)} | ATE against no mask | frames lost | features | pixels |",
        "| --- | --- |" + " ---: |" * (len(headings) + 4),
    ]
    for method in results[0]["errors"]:
        for masking in results[0]["errors"][method]:
            cells = [f"{scale * mean_error(results, method, masking, key):.2f}" for key, (_, scale) in ERRORS.items()]
            ratio = mean_error(results, method, masking, "ate") / mean_error(results, method, NONE, "ate")
            lost = mean_error(results, method, masking, "lost") / np.mean([result["frames"] for result in results])
            features = np.mean([result["features"][masking] for result in results])
            pixels = np.mean([result["pixels"][masking] for result in results])
            tail = [f"{ratio:.2f}", f"{100 * lost:.0f} %", f"{features:.0f}", f"{100 * pixels:.0f} %"]
            lines.append(f"| {method} | {masking} | {' | '.join(cells + tail)} |")
    return lines


def _drives(results: Sequence[Result]) -> list[str]:
    """Write a table of each drive's ATE in centimetres."""
    columns = list(results[0]["errors"][next(iter(results[0]["errors"]))])
    columns += [name for result in results for name in result["features"] if name not in columns]
    columns = list(dict.fromkeys(columns))
    lines = [
        f"| drive | what moves | method | {' | '.join(columns)} |",
        "| --- | --- | --- |" + " ---: |" * len(columns),
    ]
    for result in sorted(results, key=lambda result: str(result["name"])):
        moving = ", ".join(result["drive"].get("moving", [])) or "-"
        for method in result["errors"]:
            cells = [100 * mean_error([result], method, masking, "ate") for masking in columns]
            shown = ["-" if np.isnan(cell) else f"{cell:.2f}" for cell in cells]
            lines.append(f"| {result['name']} | {moving} | {method} | {' | '.join(shown)} |")
    return ["ATE in centimetres.", "", *lines]
