# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The default model's densities and fusion on a trained expert, each step kept on disk."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import safetensors.torch
import torch
from torch import Tensor
from tqdm import tqdm

from bgflow_ros.files import write_atomically
from bgflow_train.blend import NEVER, Blend, Domain, Veto, across_domains
from bgflow_train.claim import claim
from bgflow_train.datasets import BACKGROUND, VOID, Dataset, DatasetError, IndexedDataset, Sample
from bgflow_train.datasets.named import open_split
from bgflow_train.datasets.rooms import open_rooms
from bgflow_train.datasets.views import spaced
from bgflow_train.densities import RealNVP
from bgflow_train.densities.whitening import SHRINKAGE
from bgflow_train.device import DEVICE
from bgflow_train.encoders import Layer
from bgflow_train.encoders.pyramid import Pyramid
from bgflow_train.features import canvas_of
from bgflow_train.network import score_maps
from bgflow_train.pyramid_training import RECORD as EXPERT
from bgflow_train.pyramid_training import WEIGHTS, load_pyramid
from bgflow_train.recipe import Recipe
from bgflow_train.scores import DensityScore, PadimScore, Score, make_score

__all__ = ["FIT", "FUSE", "VALIDATE", "Fitted", "domain_of", "fit", "pure_background"]

RECORD = "fitted.json"
"""Written last: a folder that has it holds a finished fit."""
PURE = 0.9
"""A cell describes background where at least so much of what is labelled in it is, and half of it is labelled."""
FEWEST = 50
"""Background cells of a layer below which nothing worth calling a density can be fitted."""
STOP_PICTURES, DOMAIN_PICTURES = 60, 120
"""Of a set, evenly spaced: to stop a flow's training, and to fit the fusion to."""
DOMAIN_CELLS = 1500
"""Cells of a picture to fit the fusion to, drawn at random."""
CONSTANTS = {
    "pure": PURE,
    "shrinkage": SHRINKAGE,
    "batch": RealNVP.BATCH,
    "patience": RealNVP.PATIENCE,
    "rate": RealNVP.RATE,
    "noise": RealNVP.NOISE,
    "never": NEVER,
    "domain": [DOMAIN_PICTURES, DOMAIN_CELLS],
}
"""What the code fixes and a fit depends on: a folder begun with others is another fit's."""
FIT = (("nyu", "fit"),)
VALIDATE = (("nyu", "validate"), ("coco_indoor", "validate"))
FUSE = (("ade20k_indoor", "fuse"), ("coco_indoor", "fuse"))


@dataclass(frozen=True)
class Fitted:
    """What a fit gives."""

    recipe: Recipe
    pyramid: Pyramid
    scores: list[Score]
    """The first is the head's."""
    blend: Blend
    veto: Veto | None
    record: dict[str, Any]
    """JSON-ready: recipe, data, scores with their losses, blend, veto."""

    @classmethod
    def load(cls, folder: Path) -> Fitted:
        """Read a finished fit.

        Raises:
            DatasetError: the folder holds none, or its expert is missing.
        """
        try:
            record = json.loads((folder / RECORD).read_text())
        except OSError as error:
            raise DatasetError(
                f"{folder} holds no finished fit ({error.strerror}: {RECORD}); run `bgflow fit --out {folder}` first"
            ) from error
        recipe = Recipe(**record["recipe"] | {"scores": tuple(record["recipe"]["scores"])})
        pyramid = load_pyramid(folder)
        scores = [make_score(name, pyramid, recipe.seed) for name in recipe.scores]
        for score in scores:
            for part in score.modules():
                if isinstance(part, DensityScore):
                    part.density.load_state_dict(safetensors.torch.load_file(_file_of(folder, part)))
                elif isinstance(part, PadimScore):
                    part.load_state_dict(safetensors.torch.load_file(_file_of(folder, part)))
            score.eval().requires_grad_(False).to(DEVICE)
        veto = None if record["veto"] is None else Veto(**record["veto"])
        return cls(recipe, pyramid, scores, Blend(**record["blend"]), veto, record)


def fit(
    recipe: Recipe, expert: Path, data: Path, rooms: Path | None, out: Path, empty: Sequence[Dataset] = ()
) -> Fitted:
    """Fit densities, fusion and veto; what `out` already holds of the same fit is not done again.

    Args:
        recipe: what to fit.
        expert: folder that `bgflow train` wrote.
        data: folder that holds the data sets.
        rooms: folder of rendered rooms, for the densities and as one of the fusion's domains; None for none.
        out: folder of the fit.
        empty: rooms without labels, for the densities beside those of FIT.

    Raises:
        DatasetError: pictures or the expert are missing, or `out` holds another fit.
        ScoreError: the recipe names a score that there is not.
    """
    pyramid = load_pyramid(expert)
    scores = [make_score(name, pyramid, recipe.seed) for name in recipe.scores]
    sets: dict[str, IndexedDataset] = {"/".join(split): open_split(data, *split) for split in (*FIT, *VALIDATE, *FUSE)}
    background: list[Dataset] = [*(sets["/".join(split)] for split in FIT), *empty]
    domains = [[sets["/".join(split)]] for split in VALIDATE[:1]] + [[sets["/".join(split)] for split in FUSE]]
    if rooms is not None:
        sets |= {f"rooms/{part}": open_rooms(rooms, part) for part in ("fit", "validate")}
        background.append(sets["rooms/fit"])
        domains.append([sets["rooms/validate"]])
    named: dict[str, Dataset] = {**sets, **{f"empty/{number} {set.name}": set for number, set in enumerate(empty, 1)}}
    begun: dict[str, Any] = {
        "recipe": asdict(recipe) | {"scores": list(recipe.scores)},
        "constants": CONSTANTS,
        "data": {name: {"pictures": len(set), "sha256": set.digest()} for name, set in named.items()},
        "expert": {"sha256": hashlib.sha256((expert / WEIGHTS).read_bytes()).hexdigest()},
    }
    claim(out / "fit.json", begun)
    if (out / RECORD).exists():
        return Fitted.load(out)
    for name in (WEIGHTS, EXPERT):
        write_atomically(out / name, (expert / name).read_bytes())
    layers = _fit_densities(recipe, pyramid, scores, background, domains[0], out)
    _fit_places(recipe, pyramid, scores, background, out)
    for score in scores:
        score.eval().requires_grad_(False).to(DEVICE)
    cells = [domain_of(pyramid, scores, recipe, part) for part in domains]
    blend = Blend.fit(cells)
    names = [" and ".join(set.name for set in part) for part in domains]
    veto = _veto(recipe, cells)
    record = begun | {
        "layers": layers,
        "blend": asdict(blend),
        "auroc_of_the_blend_of_the_others": dict(zip(names, across_domains(cells), strict=True)),
        "veto": None if veto is None else asdict(veto),
    }
    write_atomically(out / RECORD, (json.dumps(record, indent=1) + "\n").encode())
    return Fitted(recipe, pyramid, scores, blend, veto, record)


def _fit_densities(
    recipe: Recipe,
    pyramid: Pyramid,
    scores: Sequence[Score],
    background: Sequence[Dataset],
    stop: Sequence[IndexedDataset],
    out: Path,
) -> list[dict[str, Any]]:
    """Fit what has a density and is not on disk yet; say on how many cells and how well."""
    wanted = [part for score in scores for part in score.modules() if isinstance(part, DensityScore)]
    if not wanted:
        return []
    fit = _cells(pyramid, recipe, background, wanted, recipe.cells)
    validation = _cells(pyramid, recipe, [spaced(set, STOP_PICTURES) for set in stop], wanted, recipe.cells // 4)
    described = []
    for score, x, y in zip(wanted, fit, validation, strict=True):
        layer = pyramid.layers[score.index]
        _check(layer, len(x), "fit")
        _check(layer, len(y), "validate")
        path = _file_of(out, score)
        if path.exists():
            score.density.load_state_dict(safetensors.torch.load_file(path))
        else:
            checkpoint = path.with_suffix(".checkpoint")
            score.density.fit(x, y, seed=recipe.seed, checkpoint=checkpoint, label=score.name)
            write_atomically(path, safetensors.torch.save(score.density.state_dict()))
            checkpoint.unlink(missing_ok=True)
        score.requires_grad_(False)
        nll = {"cells": len(x), "train": score.density.mean_nll(x), "validation": score.density.mean_nll(y)}
        described.append(asdict(layer) | {"score": score.name, "nll": nll})
    return described


def _fit_places(
    recipe: Recipe, pyramid: Pyramid, scores: Sequence[Score], background: Sequence[Dataset], out: Path
) -> None:
    """Fit what goes by a descriptor's place in the picture and is not on disk yet."""
    for score in scores:
        if not isinstance(score, PadimScore):
            continue
        path, layer = _file_of(out, score), pyramid.layers[score.index]
        if path.exists():
            score.load_state_dict(safetensors.torch.load_file(path))
            continue
        seen = _maps(pyramid, recipe, background, score.name)
        cells = score.fit((maps[score.index], pure_background(mask, layer)) for maps, mask in seen)
        _check(layer, cells, "fit")
        write_atomically(path, safetensors.torch.save(score.state_dict()))


def _file_of(folder: Path, score: Score) -> Path:
    return folder / f"{score.name}.safetensors"


def _check(layer: Layer, cells: int, what: str) -> None:
    if cells < FEWEST:
        raise DatasetError(
            f"layer {layer.number} has {cells} background cells to {what} with, of at least {FEWEST}; "
            "more pictures, larger ones or emptier rooms are needed"
        )


def _cells(
    pyramid: Pyramid, recipe: Recipe, sets: Sequence[Dataset], scores: Sequence[DensityScore], most: int
) -> list[Tensor]:
    """Descriptors to fit each of these densities to: n x channels each, about as many of every picture."""
    rng = np.random.default_rng(recipe.seed)
    each = max(1, most // max(1, sum(len(set) for set in sets)))
    found: list[list[Tensor]] = [[] for _ in scores]
    for maps, mask in _maps(pyramid, recipe, sets, "cells"):
        for score, cells in zip(scores, found, strict=True):
            suited = (labelled if score.generic else pure_background)(mask, pyramid.layers[score.index])
            places = np.flatnonzero(suited)
            chosen = np.sort(rng.choice(places, each, replace=False)) if len(places) > each else places
            cells.append(maps[score.index][0].flatten(1).T[torch.from_numpy(chosen).to(DEVICE)].cpu())
    return [torch.cat(cells) for cells in found]


def _maps(
    pyramid: Pyramid, recipe: Recipe, sets: Sequence[Dataset], what: str
) -> Iterator[tuple[list[Tensor], npt.NDArray[np.uint8]]]:
    """The layers' maps of each picture, with its mask in the canvas."""
    for sample in _samples(sets, what):
        canvas, mask = canvas_of(sample, recipe.width, recipe.height)
        with torch.inference_mode():
            maps = pyramid(_image(canvas).permute(0, 3, 1, 2).float())
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
def domain_of(pyramid: Pyramid, scores: Sequence[Score], recipe: Recipe, sets: Sequence[IndexedDataset]) -> Domain:
    """Score labelled cells of the pictures of one source.

    Args:
        pyramid: the expert.
        scores: the first is the head's.
        recipe: gives the canvas and the seed of what is drawn.
        sets: of the source.
    """
    rng = np.random.default_rng(recipe.seed)
    found, labels, weights, sure = [], [], [], []
    for sample in _samples([spaced(set, DOMAIN_PICTURES) for set in sets], "scores"):
        canvas, mask = canvas_of(sample, recipe.width, recipe.height)
        maps, confidence = score_maps(pyramid, scores, _image(canvas))
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


def _veto(recipe: Recipe, domains: Sequence[Domain]) -> Veto | None:
    if recipe.veto is None:
        return None
    index = recipe.scores.index(recipe.veto)
    background = [domain.scores[domain.labels == BACKGROUND, index] for domain in domains]
    return Veto.fit(index, np.concatenate(background))


def _samples(sets: Sequence[Dataset], what: str) -> Iterator[Sample]:
    for set in sets:
        yield from tqdm(set, desc=f"{what} {set.name}", unit="picture")


def _image(canvas: npt.NDArray[np.uint8]) -> Tensor:
    return torch.from_numpy(canvas).to(DEVICE)[None]
