# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Results of many drives, with one file for each, so that an interrupted measurement continues."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from bgflow_ros.segmentation.files import write_atomically
from bgflow_train.studies.odometry.drive import Drive
from bgflow_train.studies.speed.machine import machine, versions

__all__ = ["code_digest", "drive_results"]


def drive_results(
    drives: Sequence[Drive],
    out: Path,
    steps: Callable[[Drive], int],
    made_of: Callable[[Drive], dict[str, Any]],
    measure: Callable[[Drive, Callable[[], Any]], dict[str, Any]],
) -> list[dict[str, Any]]:
    """Measure the drives whose results are missing, and return the results of all, which lie in OUT/NAME.json.

    Args:
        drives: The drives.
        out: Folder of the results.
        steps: Number of times that `measure` calls its second argument for a drive.
        made_of: All that a result follows from, JSON-ready; a result of anything else is replaced.
        measure: Measures a drive, JSON-ready; calls its second argument after each step.
    """
    results = []
    with tqdm(total=sum(map(steps, drives)), unit="frame") as bar:
        for drive in drives:
            path, wanted = out / f"{drive.name}.json", made_of(drive)
            known = json.loads(path.read_text()) if path.exists() else {}
            if known.get("made_of") == wanted:
                bar.update(steps(drive))
            else:
                known = {
                    "name": drive.name,
                    "frames": len(drive.images),
                    "made_of": wanted,
                    "versions": versions(),
                    "machine": machine(),
                    **measure(drive, bar.update),
                }
                write_atomically(path, (json.dumps(known, indent=1) + "\n").encode())
            results.append(known)
    return results


def code_digest(folder: Path, modules: Iterable[str]) -> str:
    """Compute a digest of the source of some modules of a folder."""
    code = hashlib.sha256()
    for module in sorted(modules):
        code.update((folder / f"{module}.py").read_bytes())
    return code.hexdigest()[:16]
