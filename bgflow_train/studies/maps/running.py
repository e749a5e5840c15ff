# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Maps of many drives, with one file for each, so that an interrupted measurement continues."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from bgflow_ros.segmentation.files import write_atomically
from bgflow_ros.segmentation.model import Model
from bgflow_ros.segmentation.segmenter import Segmenter
from bgflow_train.studies.maps.measuring import map_drive, measure
from bgflow_train.studies.maps.plot import plot
from bgflow_train.studies.odometry.drive import Drive
from bgflow_train.studies.speed.machine import machine, versions

__all__ = ["map_drives"]


def map_drives(drives: Sequence[Drive], model: Model, out: Path) -> list[dict[str, Any]]:
    """Map the drives whose results are missing, and return the results of all, which lie in OUT/NAME.json.

    Results of other images, another model or other code are replaced. OUT/NAME.png shows the maps from above.

    Raises:
        DriveError: A drive cannot be read, or has no true masks or poses.
    """
    results = []
    segmenter = Segmenter(model, "cpu")
    with tqdm(total=sum(len(drive.images) for drive in drives), unit="frame") as bar:
        for drive in drives:
            path = out / f"{drive.name}.json"
            made_of = {"pictures": drive.digest(), "model": model.sha256, "code": _code()}
            known = json.loads(path.read_text()) if path.exists() else {}
            if known.get("made_of") == made_of:
                bar.update(len(drive.images))
            else:
                maps = map_drive(drive, segmenter, bar.update)
                plot(maps, drive.name, path.with_suffix(".png"))
                known = {
                    "name": drive.name,
                    "frames": len(drive.images),
                    "made_of": made_of,
                    "versions": versions(),
                    "machine": machine(),
                    "maps": measure(maps),
                }
                write_atomically(path, (json.dumps(known, indent=1) + "\n").encode())
            results.append(known)
    return results


def _code() -> str:
    code = hashlib.sha256()
    for name in ("keeping", "measuring", "tsdf"):
        code.update((Path(__file__).parent / f"{name}.py").read_bytes())
    return code.hexdigest()[:16]
