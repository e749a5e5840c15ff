# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Evidence from a hybrid flow: how much likelier a descriptor is as foreground than as background."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from bgflow_train.model.densities import HybridFlow
from bgflow_train.model.scores.base import Score

if TYPE_CHECKING:
    from bgflow_train.model.fitting_data import FittingData

__all__ = ["HybridScore"]


class HybridScore(Score):
    """Log-likelihood ratio of foreground and background under a hybrid flow on one layer, in nats.

    Args:
        name: Name of the score.
        index: Index of the layer among the backbone's.
        flow: Flow on that layer's descriptors.
    """

    kind = "flow"

    def __init__(self, name: str, index: int, flow: HybridFlow) -> None:
        super().__init__()
        self.name, self.index, self.flow = name, index, flow

    @property
    def learnt(self) -> nn.Module:
        """The flow."""
        return self.flow

    def fit(self, data: FittingData) -> None:
        """Fit the flow to labelled cells; a killed fit continues from its checkpoint."""
        cells, validation = data.labelled_cells(self.index)
        checkpoint = self._checkpoint(data.folder)
        self.flow.fit_cells(cells, validation, seed=data.seed, checkpoint=checkpoint, label=self.name)

    def save(self, folder: Path) -> None:
        """Store the flow and remove the checkpoint of its fit."""
        super().save(folder)
        self._checkpoint(folder).unlink(missing_ok=True)

    def describe(self, data: FittingData) -> list[dict[str, Any]]:
        """Describe the layer, the number of cells, and the mean NLL of background on both kinds of images."""
        cells, validation = data.labelled_cells(self.index)
        nll = {
            "cells": len(cells),
            "train": self.flow.mean_nll(cells.x[~cells.foreground]),
            "validation": self.flow.mean_nll(validation.x[~validation.foreground]),
        }
        return [asdict(data.backbone.layers[self.index]) | {"score": self.name, "nll": nll}]

    def latents(self, maps: list[Tensor]) -> Tensor:
        """Map the descriptors of one image to latents, h w x channels."""
        return self.flow.latents(maps[self.index][0].flatten(1).T)

    def forward(self, maps: list[Tensor]) -> Tensor:
        """Compute the log-ratio of each cell."""
        _, _, height, width = maps[self.index].shape
        return self.flow.log_ratio(self.latents(maps)).reshape(1, 1, height, width)

    def _checkpoint(self, folder: Path) -> Path:
        return folder / f"{self.name}.checkpoint"
