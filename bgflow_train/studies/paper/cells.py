# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Labelled cells under the paper's densities, one a layer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from bgflow_train.data import VOID
from bgflow_train.model.densities import Density
from bgflow_train.model.densities.real_nvp import CONSTANTS as FLOW
from bgflow_train.model.features import BACKGROUND_ABOVE, FIELD_SIGMAS, Features
from bgflow_train.model.scores.density import nll_map
from bgflow_train.networks.device import device_of

__all__ = ["CONSTANTS", "cells_of", "draw", "nll_maps"]

CONSTANTS = {
    "background_above": BACKGROUND_ABOVE,
    "field_sigmas": FIELD_SIGMAS,
    **FLOW,
}
"""What the code fixes and fitted densities depend on."""


def nll_maps(maps: list[Tensor], densities: list[Density]) -> list[Tensor]:
    """Score 1 x channels x h x w feature maps: 1 x 1 x h x w of NLL in nats, a layer each."""
    return [nll_map(features, density) for features, density in zip(maps, densities, strict=True)]


def cells_of(
    pictures: Sequence[Features], densities: list[Density]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.uint8], npt.NDArray[np.float64]]:
    """Score every labelled cell of the finest grid.

    Returns:
        NLL upsampled to that grid, n x layers; labels, n; weights, n, with which every picture counts the same.
    """
    scores, labels, weights = [], [], []
    device = device_of(densities[0])
    for picture in pictures:
        grid = picture.cells.shape
        maps = [torch.from_numpy(map.astype(np.float32)).to(device)[None] for map in picture.maps]
        with torch.inference_mode():
            nll = [F.interpolate(map, grid, mode="bilinear", align_corners=False) for map in nll_maps(maps, densities)]
        labelled = picture.cells != VOID
        scores.append(torch.cat(nll)[:, 0].cpu().numpy()[:, labelled].T.astype(np.float64))
        labels.append(picture.cells[labelled])
        weights.append(np.full(labelled.sum(), 1 / max(1, labelled.sum())))
    weight = np.concatenate(weights)
    return np.concatenate(scores), np.concatenate(labels), weight / weight.mean()


def draw(cells: npt.NDArray[np.float32], most: int, rng: np.random.Generator) -> Tensor:
    """At most so many of n x channels descriptors, at random, in their order."""
    if len(cells) > most:
        cells = cells[np.sort(rng.choice(len(cells), most, replace=False))]
    return torch.from_numpy(cells)
