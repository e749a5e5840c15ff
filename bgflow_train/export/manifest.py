# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The manifest of a model folder, format 1 (`bgflow_ros/segmentation/manifest.schema.json`)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from bgflow_ros.segmentation.files import write_atomically
from bgflow_ros.segmentation.model import GRAPH, MANIFEST, ModelError
from bgflow_train.data import DatasetError

__all__ = ["Manifest"]

FORMAT = 1
NAME = re.compile(r"[A-Za-z0-9_.-]+")


@dataclass(frozen=True)
class Manifest:
    """Description of a model: everything that the node needs to run it, and everything that the model card reports."""

    name: str
    sha256: str
    """SHA-256 of the float32 graph."""
    width: int
    height: int
    """Size of the network's input, in pixels."""
    stride: int
    """Pixels of the input per cell of the output."""
    thresholds: dict[str, dict[str, Any]]
    """Values `likelihood`, `level` and `guarantee` of each mask."""
    encoder: dict[str, str]
    layers: list[dict[str, Any]]
    """Densities of the scores, with their layers and NLL."""
    scores: list[dict[str, Any]]
    """Name, kind, layer and weight of each score; the weights are shares of 1. Empty in models of earlier versions."""
    training: dict[str, Any]
    calibration: dict[str, Any]
    metrics: dict[str, Any]
    """Evaluation reports in float32 by data set."""
    added: dict[str, Any] = field(default_factory=dict)
    """The optional parts `adapted`, `contrast` and `int8`, in the order in which they were first added."""

    @staticmethod
    def check_name(name: str) -> None:
        """Refuse a name that no model can have, before anything is computed for it.

        Raises:
            ModelError: The name has other characters than the format allows.
        """
        if not NAME.fullmatch(name):
            raise ModelError(
                f"a model cannot be called {name!r}; expected a folder whose name has letters, digits, '_', '.' and '-'"
            )

    @classmethod
    def load(cls, folder: Path) -> Manifest:
        """Read the manifest of a model folder that `Model.load` has checked."""
        found = yaml.safe_load((folder / MANIFEST).read_text())
        size = found.pop("input")
        del found["format"], found["file"]
        found.setdefault("scores", [])
        added = {key: found.pop(key) for key in [key for key in found if key in ("adapted", "contrast", "int8")]}
        return cls(**found, **size, added=added)

    @property
    def held_out(self) -> list[str]:
        """Folds that were held out from the networks that the model was made of; empty without folds."""
        return list(self.training.get("held_out", ()))

    def require_unseen(self) -> None:
        """Refuse a model that has seen all labelled images: on them it is better than on those of a new room.

        Raises:
            DatasetError: The model was cross-fitted; `export` has had the fits that have not seen the images.
        """
        if self.held_out:
            raise DatasetError(
                f"the model {self.name} was trained on the images that would tell this (folds "
                f"{', '.join(self.held_out)}); `bgflow export` of its fit measures it on held-out images"
            )

    def with_part(self, name: str, part: dict[str, Any]) -> Manifest:
        """Add or replace one of the optional parts."""
        return Manifest(**vars(self) | {"added": self.added | {name: part}})

    def write(self, folder: Path) -> None:
        """Write the manifest into a model folder."""
        document = {
            "format": FORMAT,
            "name": self.name,
            "file": GRAPH,
            "sha256": self.sha256,
            "input": {"width": self.width, "height": self.height},
            "stride": self.stride,
            "thresholds": self.thresholds,
            "encoder": self.encoder,
            "layers": self.layers,
            **({"scores": self.scores} if self.scores else {}),
            "training": self.training,
            "calibration": self.calibration,
            "metrics": self.metrics,
            **self.added,
        }
        write_atomically(folder / MANIFEST, yaml.safe_dump(document, sort_keys=False, width=120).encode())
