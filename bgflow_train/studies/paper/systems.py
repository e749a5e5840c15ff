# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Every system of a column - FCN, kNN, flow, the plain baselines, their ensembles - on one picture's features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F

from bgflow_train.model.densities import Density
from bgflow_train.model.features import Features
from bgflow_train.networks.device import DEVICE
from bgflow_train.networks.expert import Expert
from bgflow_train.studies.paper.cells import nll_maps
from bgflow_train.studies.paper.fusion import PaperFusion

__all__ = ["KINDS", "Map", "Systems", "rows"]

KINDS = ("knn", "flow", "gaussian", "mixture")
"""Densities: the paper's two, and the baselines that a flow must beat."""
STRATEGIES = {"ensemble": PaperFusion.logit, "minimum": PaperFusion.minimum, "maximum": PaperFusion.maximum}
"""The paper's ensembles are the logistic regression's; it reports the other two as far worse."""


class Map(NamedTuple):
    """A system's background score of a picture, the higher the likelier background."""

    grid: npt.NDArray[np.float32]
    """h x w on the canvas."""
    stride: int
    """Canvas pixels a cell."""


def rows(numbers: tuple[int, ...]) -> list[str]:
    """Names of the systems over layers of these numbers, in the tables' order."""
    return ["fcn"] + [f"{kind} {part}" for kind in KINDS for part in (*numbers, *STRATEGIES)]


@dataclass(frozen=True)
class Systems:
    """All systems of one column, fitted."""

    expert: Expert
    densities: dict[str, list[Density]]
    """A density a layer, by kind."""
    fusions: dict[str, PaperFusion]
    """By kind."""

    @torch.inference_mode()
    def maps(self, features: Features) -> dict[str, Map]:
        """Score a picture with every system; keys as `rows` names them."""
        maps = [torch.from_numpy(map.astype(np.float32)).to(DEVICE)[None] for map in features.maps]
        softmax = self.expert.logits(maps[-1])[0]
        # The difference of the logits orders as the softmax does, and does not saturate.
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
