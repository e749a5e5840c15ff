# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Costmaps of many drives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bgflow_ros.segmentation.model import Model
from bgflow_ros.segmentation.segmenter import Segmenter
from bgflow_train.studies.costmaps.measuring import costmaps, measure
from bgflow_train.studies.costmaps.plot import plot
from bgflow_train.studies.odometry.drive import Drive
from bgflow_train.studies.odometry.results import code_digest, drive_results

__all__ = ["measure_costmaps"]


def measure_costmaps(drives: Sequence[Drive], model: Model, out: Path) -> list[dict[str, Any]]:
    """Measure the drives whose results are missing, and return the results of all, see `drive_results`.

    Results of other images, another model or other code are replaced. OUT/NAME.png shows the costmaps.

    Raises:
        DriveError: A drive cannot be read, has no true masks or poses, or something moves in it.
    """
    segmenter = Segmenter(model, "cpu")
    code = code_digest(Path(__file__).parent, ("measuring", "truth", "voxel_layer", "semantic_layer"))

    def made_of(drive: Drive) -> dict[str, Any]:
        return {"pictures": drive.digest(), "model": model.sha256, "code": code}

    def measured(drive: Drive, advance: Callable[[], Any]) -> dict[str, Any]:
        marked, truth = costmaps(drive, segmenter, advance)
        plot(marked, truth, drive.name, out / f"{drive.name}.png")
        return {"layers": measure(marked, truth)}

    return drive_results(drives, out, lambda drive: len(drive.images), made_of, measured)
