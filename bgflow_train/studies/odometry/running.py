# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Measurement of odometry on many drives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bgflow_ros.segmentation.model import Model
from bgflow_train.studies.odometry.drive import Drive
from bgflow_train.studies.odometry.masking import Masking
from bgflow_train.studies.odometry.measuring import measure_drive, steps
from bgflow_train.studies.odometry.results import code_digest, drive_results

__all__ = ["measure_drives"]


def measure_drives(
    drives: Sequence[Drive], model: Model, maskings: Mapping[str, Masking], seeds: int, out: Path, systems: bool
) -> list[dict[str, Any]]:
    """Measure the drives whose results are missing, and return the results of all, see `drive_results`.

    Results of other images, another model, other maskings, seeds or systems are replaced.

    Raises:
        OrbSlamError: ORB-SLAM3 broke off.
    """
    code = code_digest(Path(__file__).parent, ("orb", "dense", "masking", "prepared", "measuring", "errors"))
    vocabulary = None
    if systems:
        from bgflow_train.studies.odometry.systems import learn_words

        vocabulary = out / "vocabulary.txt"
        learn_words(drives, vocabulary)
        code += code_digest(Path(__file__).parent, ("systems", "orb_slam3", "colmap", "vocabulary"))

    def made_of(drive: Drive) -> dict[str, Any]:
        return {
            "pictures": drive.digest(),
            "model": model.sha256,
            "maskings": list(maskings),
            "seeds": seeds,
            "code": code,
        }

    def measured(drive: Drive, advance: Callable[[], Any]) -> dict[str, Any]:
        described = {name: value for name, value in drive.description.items() if name != "shares"}
        return {"drive": described, **measure_drive(drive, model, maskings, seeds, vocabulary, advance)}

    return drive_results(drives, out, lambda drive: steps(drive, maskings, seeds, vocabulary), made_of, measured)
