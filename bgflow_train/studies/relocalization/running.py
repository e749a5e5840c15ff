# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Localisation in many rooms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from bgflow_ros.segmentation.model import Model
from bgflow_ros.segmentation.segmenter import Segmenter
from bgflow_train.studies.odometry.days import by_day, room_of
from bgflow_train.studies.odometry.drive import Drive, DriveError
from bgflow_train.studies.odometry.results import code_digest, drive_results
from bgflow_train.studies.relocalization.measuring import TOGETHER, Maps, measure
from bgflow_train.studies.relocalization.views import views

__all__ = ["relocalize"]


def relocalize(drives: Sequence[Drive], model: Model, seeds: int, out: Path) -> list[dict[str, Any]]:
    """Localise the drives of other days in maps of the first, and return the results of all, see `drive_results`.

    Raises:
        DriveError: A room has no drive of another day, or none of the first, or a drive cannot be read.
    """
    firsts, others = by_day(drives)
    if short := [drive for drive in others if len(drive.images) < 2 * TOGETHER]:
        raise DriveError(f"{short[0].path}: {len(short[0].images)} frames; expected at least {2 * TOGETHER}")
    segmenter = Segmenter(model, "cpu")
    folder = Path(__file__).parent
    code = code_digest(folder, ("views", "registering", "features", "measuring"))
    code += code_digest(folder.parent / "maps", ("keeping",))

    def first(drive: Drive) -> Drive:
        return firsts[room_of(drive)]

    def made_of(drive: Drive) -> dict[str, Any]:
        digests = {"first_day": first(drive).digest(), "pictures": drive.digest()}
        return {**digests, "model": model.sha256, "seeds": seeds, "code": code}

    @cache
    def maps(first_day: Drive) -> Maps:
        return Maps(views(first_day, segmenter, 0, lambda: None))

    def measured(drive: Drive, advance: Callable[[], Any]) -> dict[str, Any]:
        errors = measure(maps(first(drive)), views(drive, segmenter, 1, advance), seeds)
        return {"drive": drive.description, "errors": errors}

    return drive_results(others, out, lambda drive: len(drive.images), made_of, measured)
