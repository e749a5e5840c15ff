# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Cells of labelled pictures: descriptors that densities are fitted to, and scores that the fusion is fitted to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from tqdm import tqdm

from bgflow_train.data import BACKGROUND, VOID, Dataset, IndexedDataset, Sample
from bgflow_train.data.canvas import canvas_of
from bgflow_train.data.subsets import spaced
from bgflow_train.model.fusion import Domain
from bgflow_train.model.network import score_maps
from bgflow_train.model.scores import DensityScore, Score
from bgflow_train.networks import Layer
from bgflow_train.networks.device import DEVICE
from bgflow_train.networks.pyramid import Pyramid
from bgflow_train.training.recipe import Recipe

__all__ = ["CONSTANTS", "FEWEST", "cells_for", "domain_of", "labelled", "maps_of", "pure_background"]

PURE = 0.9
"""A cell describes background where at least so much of what is labelled in it is, and half of it is labelled."""
FEWEST = 50
"""Background cells of a layer below which nothing worth calling a density can be fitted."""
DOMAIN_PICTURES = 120
"""Of a set, evenly spaced, to fit the fusion to."""
DOMAIN_CELLS = 1500
"""Cells of a picture to fit the fusion to, drawn at random."""
CONSTANTS = {"pure": PURE, "domain": [DOMAIN_PICTURES, DOMAIN_CELLS]}
"""What the code fixes and the cells depend on."""


def cells_for(
    backbone: Pyramid, recipe: Recipe, sets: Sequence[Dataset], scores: Sequence[DensityScore], most: int
) -> list[Tensor]:
    """Descriptors to fit each of these densities to: n x channels each, about as many of every picture."""
    rng = np.random.default_rng(recipe.seed)
    each = max(1, most // max(1, sum(len(set) for set in sets)))
    found: list[list[Tensor]] = [[] for _ in scores]
    for maps, mask in maps_of(backbone, recipe, sets, "cells"):
        for score, cells in zip(scores, found, strict=True):
            suited = (labelled if score.generic else pure_background)(mask, backbone.layers[score.index])
            places = np.flatnonzero(suited)
            chosen = np.sort(rng.choice(places, each, replace=False)) if len(places) > each else places
            cells.append(score.descriptors(maps)[0].flatten(1).T[torch.from_numpy(chosen).to(DEVICE)].cpu())
    return [torch.cat(cells) for cells in found]


def maps_of(
    backbone: Pyramid, recipe: Recipe, sets: Sequence[Dataset], what: str
) -> Iterator[tuple[list[Tensor], npt.NDArray[np.uint8]]]:
    """The layers' maps of each picture, with its mask in the canvas."""
    for sample in _samples(sets, what):
        canvas, mask = canvas_of(sample, recipe.width, recipe.height)
        with torch.inference_mode():
            maps = backbone(_image(canvas).permute(0, 3, 1, 2).float())
        yield maps, mask


def pure_background(mask: npt.NDArray[np.uint8], layer: Layer) -> npt.NDArray[np.bool_]:
    """Whether each cell of a layer covers background, H/stride x W/stride."""
    known, background = _share(mask != VOID, layer), _share(mask == BACKGROUND, layer)
    return np.asarray((known >= 0.5) & (background >= PURE * known))


def labelled(mask: npt.NDArray[np.uint8], layer: Layer) -> npt.NDArray[np.bool_]:
    """Whether half of each cell of a layer is labelled, H/stride x W/stride."""
    return np.asarray(_share(mask != VOID, layer) >= 0.5)


def _share(pixels: npt.NDArray[np.bool_], layer: Layer) -> npt.NDArray[np.float32]:
    size = pixels.shape[1] // layer.stride, pixels.shape[0] // layer.stride
    return np.asarray(cv2.resize(pixels.astype(np.float32), size, interpolation=cv2.INTER_AREA))


@torch.inference_mode()
def domain_of(backbone: Pyramid, scores: Sequence[Score], recipe: Recipe, sets: Sequence[IndexedDataset]) -> Domain:
    """Score labelled cells of the pictures of one source.

    Args:
        backbone: The trained backbone.
        scores: the first is the head's.
        recipe: gives the canvas and the seed of what is drawn.
        sets: of the source.
    """
    rng = np.random.default_rng(recipe.seed)
    found, labels, weights, sure = [], [], [], []
    for sample in _samples([spaced(set, DOMAIN_PICTURES) for set in sets], "scores"):
        canvas, mask = canvas_of(sample, recipe.width, recipe.height)
        maps, confidence = score_maps(backbone, scores, _image(canvas))
        stride = recipe.height // maps.shape[2]
        cells = mask[stride // 2 :: stride, stride // 2 :: stride]
        places = np.flatnonzero(cells != VOID)
        if len(places) > DOMAIN_CELLS:
            places = rng.choice(places, DOMAIN_CELLS, replace=False)
        found.append(maps[0].flatten(1).T.cpu().numpy()[places].astype(np.float64))
        labels.append(cells.ravel()[places])
        weights.append(np.full(len(places), 1 / max(1, len(places))))
        sure.append(np.full(len(places), float(confidence)))
    return Domain(np.concatenate(found), np.concatenate(sure), np.concatenate(labels), np.concatenate(weights))


def _samples(sets: Sequence[Dataset], what: str) -> Iterator[Sample]:
    for set in sets:
        yield from tqdm(set, desc=f"{what} {set.name}", unit="picture")


def _image(canvas: npt.NDArray[np.uint8]) -> Tensor:
    return torch.from_numpy(canvas).to(DEVICE)[None]
