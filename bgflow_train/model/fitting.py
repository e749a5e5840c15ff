# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The default model's densities and fusion on a trained backbone, with each step kept on disk."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import safetensors.torch

from bgflow_ros.segmentation.files import write_atomically
from bgflow_train.data import Dataset, DatasetError, IndexedDataset
from bgflow_train.data.registry import open_split
from bgflow_train.data.rendered_rooms import open_rooms
from bgflow_train.data.subsets import spaced
from bgflow_train.model.densities.real_nvp import CONSTANTS as FLOW
from bgflow_train.model.fusion import Fusion, across_domains
from bgflow_train.model.labelled_cells import CONSTANTS as CELLS
from bgflow_train.model.labelled_cells import FEWEST, cells_for, domain_of, maps_of, pure_background
from bgflow_train.model.scores import DensityScore, LrasppScore, PadimScore, Score, make_score
from bgflow_train.networks import Layer
from bgflow_train.networks.device import DEVICE
from bgflow_train.networks.pyramid import Pyramid
from bgflow_train.runs.ownership import claim
from bgflow_train.training.recipe import Recipe
from bgflow_train.training.train_backbone import BACKBONE, load_backbone, mean_backbone

__all__ = ["FIT", "FUSE", "VALIDATE", "Fitted", "fit"]

RECORD = "fitted.json"
"""Written last: a folder that has it holds a finished fit."""
HEAD_PICTURES = 500
"""Of a set, evenly spaced, to train another head with."""
STOP_PICTURES = 60
"""Of a set, evenly spaced, to stop a flow's training."""
CONSTANTS = {**CELLS, **FLOW}
"""What the code fixes and a fit depends on: a folder begun with others is another fit's."""
FIT = (("nyu", "fit"),)
VALIDATE = (("nyu", "validate"), ("coco_indoor", "validate"))
FUSE = (("ade20k_indoor", "fuse"), ("coco_indoor", "fuse"))


@dataclass(frozen=True)
class Fitted:
    """What a fit gives."""

    recipe: Recipe
    backbone: Pyramid
    scores: list[Score]
    """The first is the head's."""
    fusion: Fusion
    record: dict[str, Any]
    """JSON-ready: recipe, data, scores with their losses, fusion."""

    def logit(self, scores: npt.NDArray[np.float64], confidence: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Background logit, not calibrated, of ... x scores with the confidence of their pictures."""
        return self.fusion.logit(scores, confidence)

    @classmethod
    def load(cls, folder: Path) -> Fitted:
        """Read a finished fit.

        Raises:
            DatasetError: the folder holds none, or its backbone is missing.
        """
        try:
            record = json.loads((folder / RECORD).read_text())
        except OSError as error:
            raise DatasetError(
                f"{folder} holds no finished fit ({error.strerror}: {RECORD}); run `bgflow fit --out {folder}` first"
            ) from error
        try:
            recipe = Recipe.of_record(record["recipe"])
        except ValueError as error:
            raise DatasetError(f"{folder / RECORD}: {error}; fit again with this version") from error
        backbone = load_backbone(folder)
        scores = [make_score(name, backbone, recipe.seed) for name in recipe.scores]
        for score in scores:
            for part in score.modules():
                if isinstance(part, DensityScore):
                    part.density.load_state_dict(safetensors.torch.load_file(_file_of(folder, part)))
                elif isinstance(part, PadimScore | LrasppScore):
                    part.load_state_dict(safetensors.torch.load_file(_file_of(folder, part)))
            score.eval().requires_grad_(False).to(DEVICE)
        return cls(recipe, backbone, scores, Fusion(**record["blend"]), record)


def fit(
    recipe: Recipe, backbones: Sequence[Path], data: Path, rooms: Path | None, out: Path, empty: Sequence[Dataset] = ()
) -> Fitted:
    """Fit densities and fusion; what `out` already holds of the same fit is not done again.

    Args:
        recipe: what to fit.
        backbones: Folders that `bgflow train` wrote; the weights of several are averaged, see `mean_backbone`.
        data: folder that holds the data sets.
        rooms: folder of rendered rooms, for the densities and as one of the fusion's domains; None for none.
        out: folder of the fit.
        empty: rooms without labels, for the densities beside those of FIT.

    Raises:
        DatasetError: images or the backbone are missing, or `out` holds another fit.
        ScoreError: the recipe names a score that there is not.
    """
    backbone, origin = mean_backbone(backbones)
    backbone.to(DEVICE).eval().requires_grad_(False)
    scores = [make_score(name, backbone, recipe.seed) for name in recipe.scores]
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
        "expert": {
            "sha256": [hashlib.sha256((folder / BACKBONE.weights).read_bytes()).hexdigest() for folder in backbones]
        },
    }
    claim(out / "fit.json", begun)
    if (out / RECORD).exists():
        return Fitted.load(out)
    BACKBONE.keep(out, backbone, origin)
    layers = _fit_densities(recipe, backbone, scores, background, domains[0], out)
    _fit_to_pictures(recipe, backbone, scores, background, out)
    for score in scores:
        score.eval().requires_grad_(False).to(DEVICE)
    cells = [domain_of(backbone, scores, recipe, part) for part in domains]
    fusion = Fusion.fit(cells)
    names = [" and ".join(set.name for set in part) for part in domains]
    record = begun | {
        "layers": layers,
        "blend": asdict(fusion),
        "auroc_of_the_blend_of_the_others": dict(zip(names, across_domains(cells), strict=True)),
    }
    write_atomically(out / RECORD, (json.dumps(record, indent=1) + "\n").encode())
    return Fitted(recipe, backbone, scores, fusion, record)


def _fit_densities(
    recipe: Recipe,
    backbone: Pyramid,
    scores: Sequence[Score],
    background: Sequence[Dataset],
    stop: Sequence[IndexedDataset],
    out: Path,
) -> list[dict[str, Any]]:
    """Fit what has a density and is not on disk yet; say on how many cells and how well."""
    wanted = [part for score in scores for part in score.modules() if isinstance(part, DensityScore)]
    if not wanted:
        return []
    fit = cells_for(backbone, recipe, background, wanted, recipe.cells)
    validation = cells_for(backbone, recipe, [spaced(set, STOP_PICTURES) for set in stop], wanted, recipe.cells // 4)
    described = []
    for score, x, y in zip(wanted, fit, validation, strict=True):
        layer = backbone.layers[score.index]
        _check(layer, len(x), "fit")
        _check(layer, len(y), "validate")
        score.density.fit_once(_file_of(out, score), x, y, seed=recipe.seed, label=score.name)
        score.requires_grad_(False)
        nll = {"cells": len(x), "train": score.density.mean_nll(x), "validation": score.density.mean_nll(y)}
        described.append(asdict(layer) | {"score": score.name, "nll": nll})
    return described


def _fit_to_pictures(
    recipe: Recipe, backbone: Pyramid, scores: Sequence[Score], sets: Sequence[Dataset], out: Path
) -> None:
    """Fit what needs whole pictures, not a heap of descriptors, and is not on disk yet."""
    for score in scores:
        if not isinstance(score, PadimScore | LrasppScore):
            continue
        path = _file_of(out, score)
        if path.exists():
            score.load_state_dict(safetensors.torch.load_file(path))
            continue
        if isinstance(score, PadimScore):
            layer = backbone.layers[score.index]
            seen = maps_of(backbone, recipe, sets, score.name)
            cells = score.fit((maps[score.index], pure_background(mask, layer)) for maps, mask in seen)
            _check(layer, cells, "fit")
        else:
            # What it learns from must fit into memory; of each set as many, like the backbone's crops.
            some = [spaced(set, HEAD_PICTURES) for set in sets if isinstance(set, IndexedDataset)]
            score.fit(maps_of(backbone, recipe, some, score.name), recipe.seed)
        write_atomically(path, safetensors.torch.save(score.state_dict()))


def _file_of(folder: Path, score: Score) -> Path:
    return folder / f"{score.name}.safetensors"


def _check(layer: Layer, cells: int, what: str) -> None:
    if cells < FEWEST:
        raise DatasetError(
            f"layer {layer.number} has {cells} background cells to {what} with, of at least {FEWEST}; "
            "more pictures, larger ones or emptier rooms are needed"
        )
