# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Fit of the default model's scores and fusion on a trained backbone, with each step kept on disk."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from bgflow_ros.segmentation.files import write_atomically
from bgflow_train.data import Dataset, IndexedDataset
from bgflow_train.data.camera_jitter import CONSTANTS as JITTER
from bgflow_train.data.folds import ByFold
from bgflow_train.data.rendered_rooms import open_rooms
from bgflow_train.model.cell_labels import PURE
from bgflow_train.model.densities.flow import CONSTANTS as FLOW
from bgflow_train.model.densities.hybrid_flow import CONSTANTS as HYBRID
from bgflow_train.model.domains import DOMAIN_CELLS, DOMAIN_IMAGES, System, sample_domain
from bgflow_train.model.fitted import RECORD, Fitted, fold_folder, frozen
from bgflow_train.model.fitting_data import CONSTANTS as CELLS
from bgflow_train.model.fitting_data import FittingData
from bgflow_train.model.fusion import PENALTY, Fusion, across_domains
from bgflow_train.model.partition import Partition
from bgflow_train.model.scores import SCORES, HybridScore, LatentRoomScore, Score, ScoreRegistry
from bgflow_train.networks.device import DEVICE
from bgflow_train.runs.ownership import own_folder
from bgflow_train.training.crops import open_sources
from bgflow_train.training.recipe import Recipe
from bgflow_train.training.train_backbone import BACKBONE, held_out_folds, mean_backbone, weights_file

__all__ = ["fit"]

CONSTANTS = {"pure": PURE, "domain": [DOMAIN_IMAGES, DOMAIN_CELLS], "penalty": PENALTY, **FLOW}
"""Constants of the code that a fit depends on; a folder started with other values belongs to another fit."""
ROOMS_SHARE = 0.5
"""Share of the crops for hybrid flows that come from rendered rooms, if there are any."""
HYBRID_CONSTANTS = {
    "hybrid": HYBRID,
    "labelled": {**CELLS, **JITTER},
    "rooms_share": ROOMS_SHARE,
    "stride": HybridScore.STRIDE,
    "latent": {"temperature": LatentRoomScore.TEMPERATURE, "squares": LatentRoomScore.COARSER},
}
"""The same of a fit with hybrid flows."""


def fit(
    recipe: Recipe,
    backbones: Sequence[Path],
    data: Path,
    rooms: Path | None,
    out: Path,
    empty: Sequence[Dataset] = (),
    registry: ScoreRegistry = SCORES,
    photographs_share: float = 0.0,
) -> Fitted:
    """Fit scores and fusion; steps that `out` already holds are not repeated.

    If each backbone holds out a fold, their mean has seen all images. Then there is also a fit for each fold, in a
    folder within `out`, and the fusion is fitted to what these say of the images that they have not seen.

    Args:
        recipe: Settings of the fit.
        backbones: Folders that `bgflow train` wrote, or one model folder; the weights of several are averaged, see
            `mean_backbone`.
        data: Folder that holds the data sets.
        rooms: Folder of rendered rooms, for the densities and as one of the fusion's domains; None for none.
        out: Folder of the fit.
        empty: Images of empty rooms, for the densities in addition to the labelled ones.
        registry: Scores that the recipe may name.
        photographs_share: Share of the photographed crops for hybrid flows that come from other photographs than NYU's.

    Raises:
        DatasetError: Images, the backbone or a fold are missing, or `out` holds another fit.
        ScoreError: The recipe names a score that the registry lacks.
    """
    backbone, origin = mean_backbone(backbones)
    backbone.to(DEVICE).eval().requires_grad_(False)
    folds = held_out_folds(origin)
    scores = registry.make_all(recipe.scores, backbone, recipe.seed)
    partition = Partition.open(data, folds)
    sets: dict[str, IndexedDataset] = partition.datasets
    background: list[Dataset] = [*partition.fit, *empty]
    domains = partition.fuse
    if rooms is not None:
        sets |= {f"rooms/{part}": open_rooms(rooms, part) for part in ("fit", "validate")}
        background.append(sets["rooms/fit"])
        domains = [*domains, [sets["rooms/validate"]]]
    hybrid = any(isinstance(score, HybridScore) for score in scores)
    sources = open_sources(data, rooms, ROOMS_SHARE, photographs_share, min(folds, default=None)) if hybrid else []
    shares = {f"classes/{source.dataset.name}": {"share": source.share} for source in sources}
    all_sets: dict[str, Dataset] = {
        **sets,
        **{f"empty/{number} {set.name}": set for number, set in enumerate(empty, 1)},
        **{f"classes/{source.dataset.name}": source.dataset for source in sources},
    }
    begun: dict[str, Any] = {
        "recipe": asdict(recipe) | {"scores": list(recipe.scores)},
        "constants": CONSTANTS | (HYBRID_CONSTANTS if sources else {}),
        "data": {
            name: {"pictures": len(set), "sha256": set.digest()} | shares.get(name, {})
            for name, set in all_sets.items()
        },
        # The key is older than the name: readers of the record know the backbone as `expert`.
        "expert": {"sha256": [hashlib.sha256(weights_file(folder).read_bytes()).hexdigest() for folder in backbones]},
    }
    own_folder(out / "fit.json", begun)
    if (out / RECORD).exists():
        return Fitted.load(out, registry)
    parts = [
        fit(recipe, [backbone], data, rooms, fold_folder(out, fold.number), empty, registry, photographs_share)
        for fold, backbone in (sorted(zip(folds, backbones, strict=True)) if len(folds) > 1 else ())
    ]
    BACKBONE.keep(out, backbone, origin)
    layers = _fit_scores(scores, FittingData(backbone, recipe, scores, background, [partition.stop], sources, out))
    systems = ByFold[System]((backbone, frozen(scores)), *((part.backbone, part.scores) for part in parts))
    cells = [sample_domain(systems, recipe, domain) for domain in domains]
    fusion = Fusion.fit(cells)
    names = [" and ".join(set.name for set in part) for part in domains]
    record = begun | {
        "layers": layers,
        "blend": asdict(fusion),
        "shares": fusion.shares(float(np.mean(np.concatenate([domain.confidence for domain in cells])))),
        "auroc_of_the_blend_of_the_others": dict(zip(names, across_domains(cells), strict=True)),
        "held_out": [str(fold) for fold in folds],
    }
    write_atomically(out / RECORD, (json.dumps(record, indent=1) + "\n").encode())
    return Fitted(recipe, backbone, scores, fusion, record).cross_fitted(parts)


def _fit_scores(scores: Sequence[Score], data: FittingData) -> list[dict[str, Any]]:
    """Load the scores that are on disk, fit and save the others, and describe their densities."""
    described = []
    for score in scores:
        if score.is_saved(data.folder):
            score.load(data.folder)
        else:
            score.fit(data)
            score.save(data.folder)
        described += score.describe(data)
    return described
