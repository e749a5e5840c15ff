# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Time of the packaged model on computers that are not at hand, from rates that others have published.

A network takes a multiple of the least time that its products would take at a computer's rates, its gap. Gaps are taken
from benchmarks of this project on other computers; the spread of gaps among these is what such an estimate is worth.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from bgflow_ros.segmentation.hardware import BYTE_PRODUCTS
from bgflow_train.studies.speed.limits import Limits, bound
from bgflow_train.studies.speed.operations import Operation

__all__ = ["EstimateError", "Known", "Published", "as_numbers", "estimates", "known", "published", "table"]

GIGA = 1e9


class EstimateError(Exception):
    """Record or file of rates that cannot be used; the message says why."""


class Known(NamedTuple):
    """Computer on which the network has been measured."""

    computer: str
    limits: Limits
    network_ms: float


class Published(NamedTuple):
    """Computer with published rates."""

    computer: str
    threads: int
    limits: Limits
    how: str
    """Where the rates come from."""


class Estimate(NamedTuple):
    """Milliseconds of the network on one computer."""

    computer: str
    bound_ms: float
    least_ms: float
    most_ms: float
    measured_ms: float | None
    """What was measured there; None for a computer that is not at hand."""


def known(path: Path, system: str) -> Known:
    """Read the record of a benchmark of systems.

    Raises:
        EstimateError: The file is no such record, or lacks the system or the limits of the processor.
    """
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        rows = {row["name"]: row["network_ms"] for row in record["systems"]}
        flags = record["machine"]["flags"]
        kind = next((name for name in BYTE_PRODUCTS if name in flags), "none of " + ", ".join(BYTE_PRODUCTS))
        return Known(
            f"{record['machine']['processor']} with {kind}, {record['setting']['threads']} threads",
            Limits(**record["limits"]),
            rows[system],
        )
    except (ValueError, KeyError, TypeError) as error:
        raise EstimateError(
            f"{path} is no record of `bgflow benchmark systems` on a processor with {system!r}: {error!r}"
        ) from error


def published(path: Path) -> list[Published]:
    """Read rates that others have published.

    Raises:
        EstimateError: The file is no list of one or more computers with `computer`, `threads`, `float32` and `int8` in
            10^9 multiply-accumulates a second, `memory` in 10^9 bytes a second, read and written, and `how`.
    """
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(listed, list) or not listed:
            raise TypeError("no list of computers")
        return [
            Published(
                one["computer"],
                one["threads"],
                Limits(one["float32"] * GIGA, one["int8"] * GIGA, one["memory"] * GIGA),
                one["how"],
            )
            for one in listed
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise EstimateError(f"{path}: {error!r}; expected a list as in results/speed/published.json") from error


def estimates(
    operations: Sequence[Operation], measured: Sequence[Known], computers: Sequence[Published]
) -> list[Estimate]:
    """Estimate the network's time on each computer, and on each measured one from the others.

    Args:
        operations: The network's products.
        measured: Computers with a measured time, at least two.
        computers: Computers with published rates.

    Raises:
        EstimateError: There are fewer than two measured computers, so that the error cannot be told.
    """
    if len(measured) < 2:
        raise EstimateError(f"{len(measured)} record; two of different processors show what an estimate is worth")
    found = []
    for one in measured:
        others = [_gap(operations, other) for other in measured if other is not one]
        found.append(_estimate(operations, one.computer, one.limits, others, one.network_ms))
    gaps = [_gap(operations, one) for one in measured]
    for computer in computers:
        name = f"{computer.computer}, {computer.threads} threads"
        found.append(_estimate(operations, name, computer.limits, gaps, None))
    return found


def _gap(operations: Sequence[Operation], one: Known) -> float:
    return one.network_ms / (1e3 * bound(operations, one.limits))


def _estimate(
    operations: Sequence[Operation], computer: str, limits: Limits, gaps: Sequence[float], measured_ms: float | None
) -> Estimate:
    least = 1e3 * bound(operations, limits)
    return Estimate(computer, least, least * min(gaps), least * max(gaps), measured_ms)


def table(found: dict[str, list[Estimate]], computers: Sequence[Published]) -> str:
    """Write estimates as Markdown, those of each system among the keys."""
    lines = ["| system | computer | bound, ms | estimate, ms | measured, ms |", "| --- | --- | --- | --- | --- |"]
    for system, several in found.items():
        for one in several:
            least, most = f"{one.least_ms:.0f}", f"{one.most_ms:.0f}"
            spread = least if least == most else f"{least} to {most}"
            measured = "" if one.measured_ms is None else f"{one.measured_ms:.0f}"
            lines.append(f"| {system} | {one.computer} | {one.bound_ms:.1f} | {spread} | {measured} |")
    lines += ["", "Where the rates come from:", "", *(f"- {one.computer}: {one.how}" for one in computers), ""]
    return "\n".join(lines)


def as_numbers(found: dict[str, list[Estimate]]) -> dict[str, Any]:
    """Make estimates ready for JSON."""
    return {system: [one._asdict() for one in several] for system, several in found.items()}
