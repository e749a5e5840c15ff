# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Scores of labelled cells under the paper's densities, one density per layer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from bgflow_train.data import VOID
from bgflow_train.model.densities import Density
from bgflow_train.model.densities.flow import CONSTANTS as FLOW
from bgflow_train.model.scores.density import nll_map
from bgflow_train.networks.device import device_of
from bgflow_train.studies.paper.features import BACKGROUND_ABOVE, FIELD_SIGMAS, Features

__all__ = ["CONSTANTS", "cells_of", "draw", "nll_maps"]

CONSTANTS = {
    "background_above": BACKGROUND_ABOVE,
    "field_sigmas": FIELD_SIGMAS,
    **FLOW,
}
"""Constants of the code that fitted densities depend on."""


def nll_maps(maps: list[Tensor], densities: list[Density]) -> list[Tensor]:
    """Compute the negative log-likelihood (NLL) of feature maps.

    Args:
        maps: One map per layer, 1 x channels x h x w.
        densities: One density per layer.

    Returns:
        For each layer the NLL in nats, 1 x 1 x h x w.
    """
    return [nll_map(features, density) for features, density in zip(maps, densities, strict=True)]


def cells_of(
    images: Sequence[Features], densities: list[Density]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.uint8], npt.NDArray[np.float64]]:
    """Compute the NLL of every labelled cell of the finest grid.

    Args:
        images: Features of the images.
        densities: One density per layer.

    Returns:
        The NLL of each layer, upsampled to the finest grid, n x layers; the labels, (n,); weights with which every
        image counts the same, (n,).
    """
    scores, labels, weights = [], [], []
    device = device_of(densities[0])
    for image in images:
        grid = image.cells.shape
        maps = [torch.from_numpy(map.astype(np.float32)).to(device)[None] for map in image.maps]
        with torch.inference_mode():
            nll = [F.interpolate(map, grid, mode="bilinear", align_corners=False) for map in nll_maps(maps, densities)]
        labelled = image.cells != VOID
        scores.append(torch.cat(nll)[:, 0].cpu().numpy()[:, labelled].T.astype(np.float64))
        labels.append(image.cells[labelled])
        weights.append(np.full(labelled.sum(), 1 / max(1, labelled.sum())))
    weight = np.concatenate(weights)
    return np.concatenate(scores), np.concatenate(labels), weight / weight.mean()


def draw(cells: npt.NDArray[np.float32], most: int, rng: np.random.Generator) -> Tensor:
    """Draw at most `most` descriptors at random, n x channels, and keep their order."""
    if len(cells) > most:
        cells = cells[np.sort(rng.choice(len(cells), most, replace=False))]
    return torch.from_numpy(cells)
