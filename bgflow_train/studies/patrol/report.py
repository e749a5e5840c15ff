# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Results of rooms as a Markdown table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from bgflow_ros.segmentation.foreign_objects import MIN_AREA, PERSISTENCE
from bgflow_train.studies.patrol.measuring import ADAPTED, AS_IT_IS

__all__ = ["report"]

SIZES = (0.0, 0.15, 0.3, 0.6, 1.2, np.inf)
DISTANCES = (0.0, 1.5, 3.0, np.inf)
"""Borders of the bins, in metres."""


def report(rooms: Mapping[str, dict[str, Any]], sha256: str) -> str:
    """Write Markdown: the share of things that are found, by size and distance, and the false alarms beside it."""
    lines = [
        f"{len(rooms)} rooms. Found: at least half of a thing's pixels are foreground; in brackets the number of "
        f"things in all images. Model {sha256[:12]}.",
    ]
    for name in (AS_IT_IS, ADAPTED):
        measured = [room[name] for room in rooms.values() if "refused" not in room[name]]
        lines += ["", f"**{name[0].upper()}{name[1:]}**", ""]
        refused = [f"{room}: {found[name]['refused']}" for room, found in rooms.items() if "refused" in found[name]]
        lines += [part for line in refused for part in (f"Not adapted: {line}.", "")]
        if not measured:
            continue
        lines += [*_table([found["things"] for found in measured]), "", _false(measured)]
    return "\n".join([*lines, ""])


def _table(rooms: list[dict[str, Any]]) -> list[str]:
    sizes, distances, found = (
        np.concatenate([np.array(room[key]) for room in rooms]) for key in ("size", "distance", "found")
    )
    lines = [
        f"| size, m | {' | '.join(f'{_bin(DISTANCES, i)} m away' for i in range(len(DISTANCES) - 1))} |",
        "| --- |" + " ---: |" * (len(DISTANCES) - 1),
    ]
    for i in range(len(SIZES) - 1):
        cells = []
        for j in range(len(DISTANCES) - 1):
            here = (sizes >= SIZES[i]) & (sizes < SIZES[i + 1]) & (distances >= DISTANCES[j])
            here &= distances < DISTANCES[j + 1]
            cells.append(f"{100 * found[here].mean():.0f} % ({here.sum()})" if here.any() else "-")
        lines.append(f"| {_bin(SIZES, i)} | {' | '.join(cells)} |")
    return lines


def _bin(borders: tuple[float, ...], number: int) -> str:
    low, high = borders[number], borders[number + 1]
    return f"up to {high:g}" if low == 0 else f"from {low:g}" if high == np.inf else f"{low:g} to {high:g}"


def _false(measured: list[dict[str, Any]]) -> str:
    empty = {key: sum(room["empty"][key] for room in measured) for key in measured[0]["empty"]}
    hours = empty["seconds"] / 3600
    return (
        f"Empty: {empty['with_a_patch']} of {empty['images']} images have a patch of at least {100 * MIN_AREA:g} % of "
        f"the image; {empty['reports']} false reports in {empty['seconds']:.0f} s, {empty['reports'] / hours:.0f} an "
        f"hour, of patches that stay for {PERSISTENCE:g} s."
    )
