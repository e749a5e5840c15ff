# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""A finished fit: backbone, scores and fusion, as they lie in its folder."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bgflow_train.data import DatasetError
from bgflow_train.data.folds import ByFold, Fold
from bgflow_train.model.domains import System
from bgflow_train.model.fusion import ExtremeFusion, Fusion
from bgflow_train.model.scores import SCORES, Score, ScoreRegistry
from bgflow_train.networks import Encoder
from bgflow_train.networks.device import DEVICE
from bgflow_train.training.recipe import Recipe
from bgflow_train.training.train_backbone import load_backbone

__all__ = ["RECORD", "Fitted", "fold_folder", "frozen"]

RECORD = "fitted.json"
"""Name of the record of a finished fit, which is written last."""


@dataclass(frozen=True)
class Fitted:
    """A finished fit."""

    recipe: Recipe
    backbone: Encoder
    scores: list[Score]
    """The scores; the first gives the confidence."""
    fusion: Fusion | ExtremeFusion
    record: dict[str, Any]
    """JSON-ready: recipe, data, densities with their NLL, fusion."""
    folds: tuple[Fitted, ...] = ()
    """With cross-fitting, for each fold the fit that has not seen it, with the fusion of this one."""

    @property
    def stride(self) -> int:
        """Pixels of the input per cell of the fused map."""
        return min(score.stride(self.backbone.layers) for score in self.scores)

    def logit(self, scores: npt.NDArray[np.float64], confidence: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Compute the background logit, before calibration, of ... x scores with the confidence of their images."""
        return self.fusion.logit(scores, confidence)

    @classmethod
    def load(cls, folder: Path, registry: ScoreRegistry = SCORES) -> Fitted:
        """Read a finished fit.

        Args:
            folder: The folder of the fit.
            registry: Scores that the fit may have.

        Raises:
            DatasetError: The folder holds no finished fit, or its backbone is missing.
            ScoreError: The fit has a score that the registry lacks.
        """
        try:
            record = json.loads((folder / RECORD).read_text())
        except OSError as error:
            raise DatasetError(
                f"{folder} holds no finished fit ({error.strerror}: {RECORD}); run `bgflow fit --out {folder}` first"
            ) from error
        try:
            recipe = Recipe.of_record(record["recipe"])
        except ValueError as error:
            raise DatasetError(f"{folder / RECORD}: {error}; fit again with this version") from error
        backbone = load_backbone(folder)
        scores = registry.make_all(recipe.scores, backbone, recipe.seed)
        for score in scores:
            score.load(folder)
        whole = cls(recipe, backbone, frozen(scores), Fusion(**record["blend"]), record)
        folds = whole.held_out if len(whole.held_out) > 1 else []
        return whole.cross_fitted([cls.load(fold_folder(folder, fold.number), registry) for fold in sorted(folds)])

    @property
    def held_out(self) -> list[Fold]:
        """The folds that the backbones of the fit held out: none, one, or with cross-fitting all."""
        return [Fold.parse(fold) for fold in self.record.get("held_out", [])]

    @property
    def systems(self) -> ByFold[System]:
        """Backbone and scores, for each fold those that have not seen it."""
        return ByFold(*((part.backbone, part.scores) for part in (self, *self.folds)))

    def cross_fitted(self, folds: Sequence[Fitted]) -> Fitted:
        """Add the fits that hold out a fold each, which take over the fusion."""
        return replace(self, folds=tuple(replace(part, fusion=self.fusion) for part in folds))


def fold_folder(folder: Path, number: int) -> Path:
    """Name the folder of the fit that holds out a fold, within that of the whole fit."""
    return folder / f"fold{number}"


def frozen(scores: Sequence[Score]) -> list[Score]:
    """Put scores into evaluation mode, on the device, for good."""
    for score in scores:
        score.eval().requires_grad_(False).to(DEVICE)
    return list(scores)
