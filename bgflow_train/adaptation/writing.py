# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Model folder of an adapted model."""

from __future__ import annotations

import hashlib
from pathlib import Path

from bgflow_ros.segmentation.files import write_together
from bgflow_ros.segmentation.model import GRAPH
from bgflow_train.adaptation.adapting import Adapted
from bgflow_train.export.manifest import Manifest
from bgflow_train.export.quantizing import FILE

__all__ = ["write_model"]


def write_model(adapted: Adapted, source: Path, out: Path, extra: dict[Path, bytes]) -> None:
    """Write a model folder; all of its files appear together, or none.

    Args:
        adapted: The adapted model.
        source: Folder of the model that it was made from.
        out: Folder to write.
        extra: Further files.
    """
    manifest, model = Manifest.load(source), adapted.model
    likelihoods = {"foreground": model.foreground_threshold, "static": model.static_threshold}
    thresholds = {
        mask: {
            **found,
            "likelihood": likelihoods[mask],
            "guarantee": f"none since the model was adapted; before: {found['guarantee']}",
        }
        for mask, found in manifest.thresholds.items()
    }
    added = {key: part for key, part in manifest.added.items() if key == "contrast"} | {"adapted": adapted.record}
    files = {out / GRAPH: adapted.model.graph, **extra}
    if adapted.model.int8 is not None:
        added["int8"] = {"file": FILE, "sha256": hashlib.sha256(adapted.model.int8).hexdigest()}
        files[out / FILE] = adapted.model.int8
    # What was measured was measured on another model.
    changes = {
        "name": out.name,
        "sha256": adapted.model.sha256,
        "thresholds": thresholds,
        "metrics": {},
        "added": added,
    }
    write_together(files)
    Manifest(**vars(manifest) | changes).write(out)
