# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Ghosts in the maps of many rooms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from bgflow_ros.segmentation.model import Model
from bgflow_ros.segmentation.segmenter import Segmenter
from bgflow_train.studies.ghosts.measuring import measure
from bgflow_train.studies.maps.measuring import Maps, map_drive
from bgflow_train.studies.odometry.days import by_day, room_of
from bgflow_train.studies.odometry.drive import Drive
from bgflow_train.studies.odometry.results import code_digest, drive_results

__all__ = ["find_ghosts"]


def find_ghosts(drives: Sequence[Drive], model: Model, out: Path) -> list[dict[str, Any]]:
    """Look on other days for what is gone from the maps of the first; return all results, see `drive_results`.

    Raises:
        DriveError: A room has no drive of another day, or none of the first, or a drive cannot be read.
    """
    firsts, others = by_day(drives)
    segmenter, folder = Segmenter(model, "cpu"), Path(__file__).parent
    code = code_digest(folder, ("measuring",)) + code_digest(folder.parent / "maps", ("keeping", "measuring", "tsdf"))

    @cache
    def maps(first_day: Drive) -> Maps:
        return map_drive(first_day, segmenter, lambda: None)

    def made_of(drive: Drive) -> dict[str, Any]:
        digests = {"first_day": firsts[room_of(drive)].digest(), "pictures": drive.digest()}
        return {**digests, "model": model.sha256, "code": code}

    def measured(drive: Drive, advance: Callable[[], Any]) -> dict[str, Any]:
        found = measure(maps(firsts[room_of(drive)]), drive, advance)
        return {"moved": drive.description["moved"], "maps": found}

    return drive_results(others, out, lambda drive: len(drive.images), made_of, measured)
