# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Results of localisation as Markdown tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["CLOSE", "failures", "report", "shares"]

Result = dict[str, Any]

CLOSE, CLOSER = 0.10, 0.05
"""Greatest errors of a localisation that counts as right, in metres."""
RESAMPLES = 1000
"""Number of bootstrap samples."""


def shares(results: Sequence[Result]) -> list[float]:
    """List the shares of the furniture that had moved."""
    return sorted({result["drive"]["moved"] for result in results})


def report(results: Sequence[Result]) -> str:
    """Write Markdown: for each method failures, and how the attempts ended, by the share that has moved."""
    first = results[0]
    rooms = len({(result["drive"]["seed"], result["drive"]["room"]) for result in results})
    days = len({result["drive"]["day"] for result in results})
    lines = [
        f"{rooms} rooms, {days} days after the first, {first['made_of']['seeds']} seeds. Model "
        f"{first['made_of']['model'][:12]}.",
        "",
    ]
    moved = shares(results)
    headings = " | ".join(f"{100 * share:.0f} % moved" for share in moved)
    rule = "| --- |" + " ---: |" * len(moved)
    for method, ways in first["errors"].items():
        lines += [
            f"## {method}",
            "",
            f"Failures in per cent: no pose, or one more than {100 * CLOSE:.0f} cm off; 95 % intervals by room "
            f"({RESAMPLES} resamples).",
            "",
            f"| kept | {headings} |",
            rule,
        ]
        for way in ways:
            cells = [_interval(failures(results, method, way, share)) for share in moved]
            lines.append(f"| {way} | {' | '.join(cells)} |")
        lines += [
            "",
            f"Within {100 * CLOSER:.0f} cm / within {100 * CLOSE:.0f} cm / wrong, more than that off / no pose, in per "
            "cent; median error of the poses within.",
            "",
            f"| kept | {headings} |",
            rule,
        ]
        for way in ways:
            cells = [_ends(_attempts(results, method, way, share)) for share in moved]
            lines.append(f"| {way} | {' | '.join(cells)} |")
        lines.append("")
    return "\n".join(lines)


def failures(results: Sequence[Result], method: str, way: str, share: float) -> list[float]:
    """Compute the share of the attempts that failed, for each room."""
    rooms: dict[tuple[int, int], list[bool]] = defaultdict(list)
    for result in results:
        drive = result["drive"]
        if drive["moved"] == share:
            rooms[drive["seed"], drive["room"]] += [
                error is None or error[0] > CLOSE for error in result["errors"][method][way]
            ]
    return [float(np.mean(ends)) for ends in rooms.values()]


def _attempts(results: Sequence[Result], method: str, way: str, share: float) -> npt.NDArray[np.float64]:
    """List the errors of all attempts in metres; infinity where no pose was found."""
    errors = [error for r in results if r["drive"]["moved"] == share for error in r["errors"][method][way]]
    return np.array([np.inf if error is None else error[0] for error in errors])


def _interval(rooms: Sequence[float]) -> str:
    values = 100 * np.array(rooms)
    drawn = np.random.default_rng(0).choice(values, (RESAMPLES, values.size)).mean(1)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return f"{values.mean():.0f} ({low:.0f} to {high:.0f})"


def _ends(errors: npt.NDArray[np.float64]) -> str:
    close, lost = errors <= CLOSE, np.isinf(errors)
    kinds = (errors <= CLOSER, close, ~close & ~lost, lost)
    middle = f"{100 * np.median(errors[close]):.1f} cm" if close.any() else "-"
    return " / ".join(f"{100 * kind.mean():.0f}" for kind in kinds) + f"; {middle}"
