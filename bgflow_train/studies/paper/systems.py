# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The systems of a column: FCN, kNN, flow, plain baselines, and their ensembles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F

from bgflow_train.model.densities import Density
from bgflow_train.networks.device import DEVICE
from bgflow_train.networks.expert import Expert
from bgflow_train.studies.paper.cells import nll_maps
from bgflow_train.studies.paper.columns import KINDS
from bgflow_train.studies.paper.features import Features
from bgflow_train.studies.paper.fusion import PaperFusion

__all__ = ["STRATEGIES", "Map", "Systems", "rows"]

STRATEGIES = {"ensemble": PaperFusion.logit, "minimum": PaperFusion.minimum, "maximum": PaperFusion.maximum}
"""Strategies of fusion. The paper's ensembles are the logistic regression, which it reports to be far better."""


class Map(NamedTuple):
    """A system's background score of an image. Higher values are more likely background."""

    grid: npt.NDArray[np.float32]
    """Scores of the canvas' cells, h x w."""
    stride: int
    """Width and height of a cell in canvas pixels."""


def rows(numbers: tuple[int, ...]) -> list[str]:
    """List the names of the systems over layers of these numbers, in the order of the tables."""
    return ["fcn"] + [f"{kind} {part}" for kind in KINDS for part in (*numbers, *STRATEGIES)]


@dataclass(frozen=True)
class Systems:
    """The fitted systems of one column."""

    expert: Expert
    densities: dict[str, list[Density]]
    """One density per layer, for each kind."""
    fusions: dict[str, PaperFusion]
    """Fusion of the layers, for each kind."""

    @torch.inference_mode()
    def maps(self, features: Features) -> dict[str, Map]:
        """Score an image with every system, under the names of `rows`."""
        maps = [torch.from_numpy(map.astype(np.float32)).to(DEVICE)[None] for map in features.maps]
        softmax = self.expert.logits(maps[-1])[0]
        # The difference of the logits orders pixels as the softmax does, but does not saturate.
        found = {"fcn": Map((softmax[0] - softmax[1]).cpu().numpy(), 1)}
        for kind, densities in self.densities.items():
            fusion, grid = self.fusions[kind], maps[0].shape[2:]
            nlls = nll_maps(maps, densities)
            for index, (layer, nll) in enumerate(zip(self.expert.layers, nlls, strict=True)):
                score = (nll[0, 0] - fusion.centre[index] - fusion.mean[index]) / fusion.deviation[index]
                found[f"{kind} {layer.number}"] = Map(-score.cpu().numpy(), layer.stride)
            finest = [F.interpolate(nll, grid, mode="bilinear", align_corners=False)[0, 0] for nll in nlls]
            together = torch.stack(finest, -1).cpu().numpy().astype(np.float64)
            for name, strategy in STRATEGIES.items():
                fused = strategy(fusion, together).astype(np.float32)
                found[f"{kind} {name}"] = Map(fused, self.expert.layers[0].stride)
        return found
