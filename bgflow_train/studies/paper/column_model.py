# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""One of the paper's own systems as a fit that can be exported to a robot."""

from __future__ import annotations

from dataclasses import asdict

from bgflow_train.data import DatasetError
from bgflow_train.model.fitted import Fitted
from bgflow_train.model.fusion import ExtremeFusion, Fusion
from bgflow_train.model.scores import DensityScore, Score
from bgflow_train.model.scores.density import describe_density
from bgflow_train.studies.paper.column_fitting import FittedColumn
from bgflow_train.studies.paper.columns import Column
from bgflow_train.studies.paper.running import Setting, fitted_column
from bgflow_train.training.recipe import Recipe

__all__ = ["column_model"]


def column_model(column: Column, setting: Setting, kind: str, strategy: str) -> Fitted:
    """Fit a column, or read it, and make one of its ensembles what `export` takes.

    Args:
        column: The column.
        setting: The settings of `bgflow reproduce`; the split must be the official one.
        kind: Kind of density: `flow`, `gaussian` or `mixture`.
        strategy: `ensemble` (logistic regression), `minimum` or `maximum`.

    Raises:
        EncoderError: The initial weights are not available on this machine.
        DatasetError: Images are missing, the column's folder holds another run, or images that choose the thresholds
            have trained the densities.
    """
    if setting.split != "official":
        raise DatasetError(
            "images of NYU that choose the thresholds of a model train the random split; expected the official split"
        )
    fitted = fitted_column(column, setting)
    expert = fitted.systems.expert
    scores: list[Score] = [
        DensityScore(f"{kind}{layer.number}", index, density)
        for index, (layer, density) in enumerate(zip(expert.layers, fitted.systems.densities[kind], strict=True))
    ]
    width, height = setting.size.canvas[column.architecture]
    recipe = Recipe(tuple(score.name for score in scores), width, height, setting.size.cells, setting.seed)
    fusion = _fusion(fitted, kind, strategy)
    nll, cells = fitted.record["nll"][kind], fitted.record["cells"]
    layers = [
        describe_density(layer, score.name, cells[str(layer.number)]["background"], train, validation)
        for layer, score, train, validation in zip(expert.layers, scores, nll["centre"], nll["validation"], strict=True)
    ]
    record = {
        "recipe": asdict(recipe) | {"scores": list(recipe.scores), "column": column.name, "strategy": strategy},
        "data": setting.images.digests(),
        "layers": layers,
        "blend": asdict(fusion),
        "shares": fusion.shares(0.0),
    }
    return Fitted(recipe, expert, scores, fusion, record)


def _fusion(fitted: FittedColumn, kind: str, strategy: str) -> Fusion | ExtremeFusion:
    """Express one of the paper's strategies with the NLL as it is, neither centred nor normalised."""
    found = fitted.systems.fusions[kind]
    mean = [centre + mean for centre, mean in zip(found.centre, found.mean, strict=True)]
    if strategy != "ensemble":
        return ExtremeFusion(mean, list(found.deviation), largest=strategy == "maximum")
    return Fusion(mean, list(found.deviation), list(found.weight), 0.0, found.bias)
