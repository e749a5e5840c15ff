# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Measurement of many drives, with one file for each, so that an interrupted measurement continues."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from bgflow_ros.segmentation.files import write_atomically
from bgflow_ros.segmentation.model import Model
from bgflow_train.studies.odometry.drive import Drive
from bgflow_train.studies.odometry.masking import Masking
from bgflow_train.studies.odometry.measuring import measure_drive, steps
from bgflow_train.studies.speed.machine import machine, versions

__all__ = ["measure_drives"]


def measure_drives(
    drives: Sequence[Drive], model: Model, maskings: Mapping[str, Masking], seeds: int, out: Path
) -> list[dict[str, Any]]:
    """Measure the drives whose results are missing, and return the results of all, which lie in OUT/NAME.json.

    Results of other images, another model, other maskings or seeds are replaced.
    """
    results = []
    with tqdm(total=sum(steps(drive, maskings, seeds) for drive in drives), unit="frame") as bar:
        for drive in drives:
            path, made_of = out / f"{drive.name}.json", _made_of(drive, model, maskings, seeds)
            known = json.loads(path.read_text()) if path.exists() else {}
            if known.get("made_of") == made_of:
                bar.update(steps(drive, maskings, seeds))
            else:
                known = {
                    "name": drive.name,
                    "drive": {name: value for name, value in drive.description.items() if name != "shares"},
                    "frames": len(drive.images),
                    "made_of": made_of,
                    "versions": versions(),
                    "machine": machine(),
                    **measure_drive(drive, model, maskings, seeds, bar.update),
                }
                write_atomically(path, (json.dumps(known, indent=1) + "\n").encode())
            results.append(known)
    return results


def _made_of(drive: Drive, model: Model, maskings: Mapping[str, Masking], seeds: int) -> dict[str, Any]:
    code = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        if path.stem in ("orb", "dense", "masking", "measuring", "errors"):
            code.update(path.read_bytes())
    return {
        "pictures": drive.digest(),
        "model": model.sha256,
        "maskings": list(maskings),
        "seeds": seeds,
        "code": code.hexdigest()[:16],
    }
