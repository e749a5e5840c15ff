# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Scores of labelled cells, which the fusion and its calibration are fitted to."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from bgflow_train.data import VOID, IndexedDataset
from bgflow_train.data.folds import ByFold
from bgflow_train.data.subsets import evenly_spaced
from bgflow_train.model.fitting_data import canvases
from bgflow_train.model.fusion import Domain
from bgflow_train.model.network import score_maps
from bgflow_train.model.scores import Score
from bgflow_train.networks import Encoder
from bgflow_train.training.recipe import Recipe

__all__ = ["DOMAIN_CELLS", "DOMAIN_IMAGES", "System", "sample_domain"]

System = tuple[Encoder, Sequence[Score]]
"""A trained backbone and the scores on it."""

DOMAIN_IMAGES = 120
"""Number of evenly spaced images of each data set."""
DOMAIN_CELLS = 1500
"""Number of randomly drawn cells of each image at most."""


@torch.inference_mode()
def sample_domain(systems: ByFold[System], recipe: Recipe, sets: Sequence[IndexedDataset]) -> Domain:
    """Score labelled cells of the images of one domain.

    Args:
        systems: The trained backbone and the scores, for each fold of which some images may be; the first score gives
            the confidence.
        recipe: Defines the canvas and the seed of the random draw.
        sets: Data sets of the domain.
    """
    rng = np.random.default_rng(recipe.seed)
    found, labels, weights, sure = [], [], [], []
    for image, sample in canvases(recipe, [evenly_spaced(dataset, DOMAIN_IMAGES) for dataset in sets], "scores"):
        maps, confidence = score_maps(*systems.of(sample.id), image)
        stride = recipe.height // maps.shape[2]
        cells = sample.mask[stride // 2 :: stride, stride // 2 :: stride]
        places = np.flatnonzero(cells != VOID)
        if len(places) > DOMAIN_CELLS:
            places = rng.choice(places, DOMAIN_CELLS, replace=False)
        found.append(maps[0].flatten(1).T.cpu().numpy()[places].astype(np.float64))
        labels.append(cells.ravel()[places])
        weights.append(np.full(len(places), 1 / max(1, len(places))))
        sure.append(np.full(len(places), float(confidence)))
    return Domain(np.concatenate(found), np.concatenate(sure), np.concatenate(labels), np.concatenate(weights))
