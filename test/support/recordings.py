# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Reader of recordings of Rerun."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rerun.chunk import RrdReader


def read(path: Path) -> dict[str, dict[int, dict[str, Any]]]:
    """Read a recording: yield the entity, the time in nanoseconds and the component of each entry."""
    found: dict[str, dict[int, dict[str, Any]]] = {}
    for chunk in RrdReader(path).stream():
        [*timelines] = {"stamp", "time"} & set(chunk.timeline_names)
        if not chunk.is_static and timelines:
            batch = chunk.to_record_batch()
            times = batch[timelines[0]].cast("int64").to_pylist()  # as nanoseconds, for which Python has no type
            for time, row in zip(times, batch.drop_columns(timelines).to_pylist(), strict=True):
                found.setdefault(chunk.entity_path, {}).setdefault(time, {}).update(row)
    return found
