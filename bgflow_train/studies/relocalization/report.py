# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Results of localisation as Markdown tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bgflow_train.studies.intervals import RESAMPLES, mean_cell

__all__ = ["CLOSE", "failures", "report", "shares"]

Result = dict[str, Any]

CLOSE, CLOSER = 0.10, 0.05
"""Greatest errors of a localisation that counts as right, in metres."""


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
    for method, ways in first["errors"].items():

        def failed(way: str, share: float, method: str = method) -> str:
            return mean_cell(100 * np.array(failures(results, method, way, share)), 0)

        def ended(way: str, share: float, method: str = method) -> str:
            return _ends(_attempts(results, method, way, share))

        lines += [
            f"## {method}",
            "",
            f"Failures in per cent: no pose, or one more than {100 * CLOSE:.0f} cm off; 95 % intervals by room "
            f"({RESAMPLES} resamples).",
            "",
            *_table(ways, shares(results), failed),
            "",
            f"Within {100 * CLOSER:.0f} cm / within {100 * CLOSE:.0f} cm / wrong, more than that off / no pose, in per "
            "cent; median error of the poses within.",
            "",
            *_table(ways, shares(results), ended),
            "",
        ]
    return "\n".join(lines)


def _table(ways: Iterable[str], moved: Sequence[float], cell: Callable[[str, float], str]) -> list[str]:
    """Write a row for each way of keeping, with a cell for each share that has moved."""
    return [
        f"| kept | {' | '.join(f'{100 * share:.0f} % moved' for share in moved)} |",
        "| --- |" + " ---: |" * len(moved),
        *(f"| {way} | {' | '.join(cell(way, share) for share in moved)} |" for way in ways),
    ]


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


def _ends(errors: npt.NDArray[np.float64]) -> str:
    close, lost = errors <= CLOSE, np.isinf(errors)
    kinds = (errors <= CLOSER, close, ~close & ~lost, lost)
    middle = f"{100 * np.median(errors[close]):.1f} cm" if close.any() else "-"
    return " / ".join(f"{100 * kind.mean():.0f}" for kind in kinds) + f"; {middle}"
