# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The recipe: from labelled pictures to a fitted model, each step kept on disk."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import safetensors.torch
import torch
import torch.nn.functional as F

from bgflow_ros.files import write_atomically
from bgflow_train.claim import claim
from bgflow_train.datasets import VOID, Dataset, DatasetError
from bgflow_train.datasets.named import open_split
from bgflow_train.densities import Density, RealNVP
from bgflow_train.densities.whitening import SHRINKAGE
from bgflow_train.device import device_of
from bgflow_train.encoders import Encoder, Layer, make_encoder
from bgflow_train.features import BACKGROUND_ABOVE, FIELD_SIGMAS, FeatureCache, Features, background_cells
from bgflow_train.fusion import Fusion
from bgflow_train.network import nll_maps
from bgflow_train.recipe import Recipe

__all__ = ["FIT", "FUSE", "VALIDATE", "Fitted", "cells_of", "draw", "fit"]

RECORD = "fitted.json"
"""Written last: a folder that has it holds a finished fit."""
CONSTANTS = {
    "background_above": BACKGROUND_ABOVE,
    "field_sigmas": FIELD_SIGMAS,
    "shrinkage": SHRINKAGE,
    "batch": RealNVP.BATCH,
    "patience": RealNVP.PATIENCE,
    "rate": RealNVP.RATE,
    "noise": RealNVP.NOISE,
}
"""What the code fixes and a fit depends on: a folder begun with others is another fit's."""
FEWEST = 50
"""Background cells of a layer below which nothing worth calling a density can be fitted."""
FIT = (("nyu", "fit"),)
VALIDATE = (("nyu", "validate"), ("coco_indoor", "validate"))
FUSE = (("ade20k_indoor", "fuse"), ("coco_indoor", "fuse"))


@dataclass(frozen=True)
class Fitted:
    """What a fit gives."""

    recipe: Recipe
    encoder: Encoder
    densities: list[Density]
    fusion: Fusion
    record: dict[str, Any]
    """JSON-ready: recipe, data, layers with their losses, fusion."""

    @classmethod
    def load(cls, folder: Path) -> Fitted:
        """Read a finished fit.

        Raises:
            DatasetError: the folder holds none.
        """
        try:
            record = json.loads((folder / RECORD).read_text())
        except OSError as error:
            raise DatasetError(
                f"{folder} holds no finished fit ({error.strerror}: {RECORD}); run `bgflow fit --out {folder}` first"
            ) from error
        recipe = Recipe(**record["recipe"] | {"hidden": tuple(record["recipe"]["hidden"])})
        encoder = make_encoder(recipe.encoder)
        densities = []
        for layer, density in zip(encoder.layers, _unfitted(recipe, encoder), strict=True):
            density.load_state_dict(safetensors.torch.load_file(_weights(folder, layer)))
            densities.append(density.eval().requires_grad_(False))
        return cls(recipe, encoder, densities, Fusion(**record["fusion"]), record)


def fit(recipe: Recipe, data: Path, out: Path, cache: Path, empty: Sequence[Dataset] = ()) -> Fitted:
    """Fit densities and fusion; what `out` already holds of the same fit is not done again.

    Args:
        recipe: what to fit.
        data: folder that holds the data sets.
        out: folder of the fit.
        cache: folder of the features.
        empty: rooms without labels, for the densities beside those of FIT.

    Raises:
        DatasetError: pictures are missing, or `out` holds another fit.
    """
    encoder = make_encoder(recipe.encoder)
    if len(recipe.hidden) != len(encoder.layers):
        raise DatasetError(
            f"{len(recipe.hidden)} widths of nets for the {len(encoder.layers)} layers of {recipe.encoder}"
        )
    sets = {split: open_split(data, *split) for split in (*FIT, *VALIDATE, *FUSE)}
    named: dict[str, Dataset] = {"/".join(split): set for split, set in sets.items()}
    named |= {f"empty/{number} {set.name}": set for number, set in enumerate(empty, 1)}
    begun: dict[str, Any] = {
        "recipe": asdict(recipe) | {"hidden": list(recipe.hidden)},
        "constants": CONSTANTS,
        "data": {name: {"pictures": len(set), "sha256": set.digest()} for name, set in named.items()},
    }
    claim(out / "fit.json", begun)
    features = FeatureCache(cache, encoder, recipe.width, recipe.height)
    train = [picture for set in [*(sets[split] for split in FIT), *empty] for picture in features.features(set)]
    # Early stopping looks at background of NYU alone: the fitted density is NYU's.
    stop = list(features.features(sets[VALIDATE[0]]))
    densities, losses = _densities(recipe, encoder, train, stop, out)
    centre = [loss["train"] for loss in losses]
    fuse = [picture for split in FUSE for picture in features.features(sets[split])]
    nll, labels, weights = cells_of(fuse, densities)
    fusion = Fusion.fit(nll, labels, centre, weights)
    layers = [asdict(layer) | {"nll": loss} for layer, loss in zip(encoder.layers, losses, strict=True)]
    record = begun | {"layers": layers, "fusion": asdict(fusion)}
    write_atomically(out / RECORD, (json.dumps(record, indent=1) + "\n").encode())
    return Fitted(recipe, encoder, densities, fusion, record)


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


def _densities(
    recipe: Recipe, encoder: Encoder, train: list[Features], stop: list[Features], out: Path
) -> tuple[list[Density], list[dict[str, float]]]:
    densities = _unfitted(recipe, encoder)
    losses = []
    cells = zip(background_cells(train, encoder.layers), background_cells(stop, encoder.layers), strict=True)
    for layer, density, (all_x, all_validation) in zip(encoder.layers, densities, cells, strict=True):
        rng = np.random.default_rng(recipe.seed)
        x, validation = draw(all_x, recipe.cells, rng), draw(all_validation, recipe.cells // 4, rng)
        for what, found in (("fit", x), ("validate", validation)):
            if len(found) < FEWEST:
                raise DatasetError(
                    f"layer {layer.number} has {len(found)} background cells to {what} with, of at least {FEWEST}; "
                    "more pictures, larger ones or emptier rooms are needed"
                )
        path = _weights(out, layer)
        if path.exists():
            density.load_state_dict(safetensors.torch.load_file(path))
        else:
            checkpoint = path.with_suffix(".checkpoint")
            density.fit(x, validation, seed=recipe.seed, checkpoint=checkpoint, label=f"layer {layer.number}")
            write_atomically(path, safetensors.torch.save(density.state_dict()))
            checkpoint.unlink(missing_ok=True)
        density.eval().requires_grad_(False)
        losses.append({"cells": len(x), "train": density.mean_nll(x), "validation": density.mean_nll(validation)})
    return densities, losses


def _unfitted(recipe: Recipe, encoder: Encoder) -> list[Density]:
    return [
        RealNVP(layer.channels, couplings=recipe.couplings, hidden=hidden, epochs=recipe.epochs, seed=recipe.seed)
        for layer, hidden in zip(encoder.layers, recipe.hidden, strict=True)
    ]


def _weights(folder: Path, layer: Layer) -> Path:
    return folder / f"layer{layer.number}.safetensors"


def draw(cells: npt.NDArray[np.float32], most: int, rng: np.random.Generator) -> torch.Tensor:
    """At most so many of n x channels descriptors, at random, in their order."""
    if len(cells) > most:
        cells = cells[np.sort(rng.choice(len(cells), most, replace=False))]
    return torch.from_numpy(cells)
