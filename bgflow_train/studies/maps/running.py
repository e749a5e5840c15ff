# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Maps of many drives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bgflow_ros.segmentation.model import Model
from bgflow_ros.segmentation.segmenter import Segmenter
from bgflow_train.studies.maps.measuring import map_drive, measure
from bgflow_train.studies.maps.plot import plot
from bgflow_train.studies.odometry.drive import Drive
from bgflow_train.studies.odometry.results import code_digest, drive_results

__all__ = ["map_drives"]


def map_drives(drives: Sequence[Drive], model: Model, out: Path) -> list[dict[str, Any]]:
    """Map the drives whose results are missing, and return the results of all, see `drive_results`.

    Results of other images, another model or other code are replaced. OUT/NAME.png shows the maps from above.

    Raises:
        DriveError: A drive cannot be read, or has no true masks or poses.
    """
    segmenter = Segmenter(model, "cpu")
    code = code_digest(Path(__file__).parent, ("keeping", "measuring", "tsdf"))

    def made_of(drive: Drive) -> dict[str, Any]:
        return {"pictures": drive.digest(), "model": model.sha256, "code": code}

    def mapped(drive: Drive, advance: Callable[[], Any]) -> dict[str, Any]:
        maps = map_drive(drive, segmenter, advance)
        plot(maps, drive.name, out / f"{drive.name}.png")
        return {"maps": measure(maps)}

    return drive_results(drives, out, lambda drive: len(drive.images), made_of, mapped)
