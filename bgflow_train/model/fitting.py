# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Fit of the default model's scores and fusion on a trained backbone, with each step kept on disk."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bgflow_ros.segmentation.files import write_atomically
from bgflow_train.data import Dataset, DatasetError, IndexedDataset
from bgflow_train.data.camera_jitter import CONSTANTS as JITTER
from bgflow_train.data.registry import open_split
from bgflow_train.data.rendered_rooms import open_rooms
from bgflow_train.model.cell_labels import PURE
from bgflow_train.model.densities.flow import CONSTANTS as FLOW
from bgflow_train.model.densities.hybrid_flow import CONSTANTS as HYBRID
from bgflow_train.model.domains import DOMAIN_CELLS, DOMAIN_IMAGES, sample_domain
from bgflow_train.model.fitting_data import CONSTANTS as CELLS
from bgflow_train.model.fitting_data import FittingData
from bgflow_train.model.fusion import PENALTY, ExtremeFusion, Fusion, across_domains
from bgflow_train.model.scores import SCORES, HybridScore, LatentRoomScore, Score, ScoreRegistry
from bgflow_train.networks import Encoder
from bgflow_train.networks.device import DEVICE
from bgflow_train.runs.ownership import own_folder
from bgflow_train.training.crops import open_sources
from bgflow_train.training.recipe import Recipe
from bgflow_train.training.train_backbone import BACKBONE, load_backbone, mean_backbone, weights_file

__all__ = ["FIT", "FUSE", "VALIDATE", "Fitted", "fit"]

RECORD = "fitted.json"
"""Name of the record of a finished fit, which is written last."""
CONSTANTS = {"pure": PURE, "domain": [DOMAIN_IMAGES, DOMAIN_CELLS], "penalty": PENALTY, **FLOW}
"""Constants of the code that a fit depends on; a folder started with other values belongs to another fit."""
ROOMS_SHARE = 0.5
"""Share of the crops for hybrid flows that come from rendered rooms, if there are any."""
HYBRID_CONSTANTS = {
    "hybrid": HYBRID,
    "labelled": {**CELLS, **JITTER},
    "rooms_share": ROOMS_SHARE,
    "stride": HybridScore.STRIDE,
    "latent": [LatentRoomScore.TEMPERATURE, LatentRoomScore.COARSER],
}
"""The same of a fit with hybrid flows."""
FIT = (("nyu", "fit"),)
VALIDATE = (("nyu", "validate"), ("coco_indoor", "validate"))
FUSE = (("ade20k_indoor", "fuse"), ("coco_indoor", "fuse"))


@dataclass(frozen=True)
class Fitted:
    """A finished fit."""

    recipe: Recipe
    backbone: Encoder
    scores: list[Score]
    """The scores; the first gives the confidence."""
    fusion: Fusion | ExtremeFusion
    record: dict[str, Any]
    """JSON-ready: recipe, data, densities with their NLL, fusion."""

    @property
    def stride(self) -> int:
        """Pixels of the input per cell of the fused map."""
        return min(score.stride(self.backbone.layers) for score in self.scores)

    def logit(self, scores: npt.NDArray[np.float64], confidence: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Compute the background logit, before calibration, of ... x scores with the confidence of their images."""
        return self.fusion.logit(scores, confidence)

    @classmethod
    def load(cls, folder: Path, registry: ScoreRegistry = SCORES) -> Fitted:
        """Read a finished fit.

        Args:
            folder: The folder of the fit.
            registry: Scores that the fit may have.

        Raises:
            DatasetError: The folder holds no finished fit, or its backbone is missing.
            ScoreError: The fit has a score that the registry lacks.
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
        scores = registry.make_all(recipe.scores, backbone, recipe.seed)
        for score in scores:
            score.load(folder)
        return cls(recipe, backbone, _frozen(scores), Fusion(**record["blend"]), record)


def fit(
    recipe: Recipe,
    backbones: Sequence[Path],
    data: Path,
    rooms: Path | None,
    out: Path,
    empty: Sequence[Dataset] = (),
    registry: ScoreRegistry = SCORES,
    drawn_share: float = 0.0,
) -> Fitted:
    """Fit scores and fusion; steps that `out` already holds are not repeated.

    Args:
        recipe: Settings of the fit.
        backbones: Folders that `bgflow train` wrote, or one model folder; the weights of several are averaged, see
            `mean_backbone`.
        data: Folder that holds the data sets.
        rooms: Folder of rendered rooms, for the densities and as one of the fusion's domains; None for none.
        out: Folder of the fit.
        empty: Images of empty rooms, for the densities in addition to those of FIT.
        registry: Scores that the recipe may name.
        drawn_share: Share of the photographed crops for hybrid flows that come from photographs with drawn masks.

    Raises:
        DatasetError: Images or the backbone are missing, or `out` holds another fit.
        ScoreError: The recipe names a score that the registry lacks.
    """
    backbone, origin = mean_backbone(backbones)
    backbone.to(DEVICE).eval().requires_grad_(False)
    scores = registry.make_all(recipe.scores, backbone, recipe.seed)
    sets: dict[str, IndexedDataset] = {"/".join(split): open_split(data, *split) for split in (*FIT, *VALIDATE, *FUSE)}
    background: list[Dataset] = [*(sets["/".join(split)] for split in FIT), *empty]
    domains = [[sets["/".join(split)]] for split in VALIDATE[:1]] + [[sets["/".join(split)] for split in FUSE]]
    if rooms is not None:
        sets |= {f"rooms/{part}": open_rooms(rooms, part) for part in ("fit", "validate")}
        background.append(sets["rooms/fit"])
        domains.append([sets["rooms/validate"]])
    hybrid = any(isinstance(score, HybridScore) for score in scores)
    sources = open_sources(data, rooms, ROOMS_SHARE, drawn_share) if hybrid else []
    all_sets: dict[str, Dataset] = {
        **sets,
        **{f"empty/{number} {set.name}": set for number, set in enumerate(empty, 1)},
        **{f"classes/{source.dataset.name}": source.dataset for source in sources},
    }
    shares = {f"classes/{source.dataset.name}": {"share": source.share} for source in sources}
    begun: dict[str, Any] = {
        "recipe": asdict(recipe) | {"scores": list(recipe.scores)},
        "constants": CONSTANTS | (HYBRID_CONSTANTS if sources else {}),
        "data": {
            name: {"pictures": len(set), "sha256": set.digest()} | shares.get(name, {}) for name, set in all_sets.items()
        },
        # The key is older than the name: readers of the record know the backbone as `expert`.
        "expert": {"sha256": [hashlib.sha256(weights_file(folder).read_bytes()).hexdigest() for folder in backbones]},
    }
    own_folder(out / "fit.json", begun)
    if (out / RECORD).exists():
        return Fitted.load(out, registry)
    BACKBONE.keep(out, backbone, origin)
    layers = _fit_scores(scores, FittingData(backbone, recipe, scores, background, domains[0], sources, out))
    cells = [sample_domain(backbone, _frozen(scores), recipe, part) for part in domains]
    fusion = Fusion.fit(cells)
    names = [" and ".join(set.name for set in part) for part in domains]
    record = begun | {
        "layers": layers,
        "blend": asdict(fusion),
        "shares": fusion.shares(float(np.mean(np.concatenate([domain.confidence for domain in cells])))),
        "auroc_of_the_blend_of_the_others": dict(zip(names, across_domains(cells), strict=True)),
    }
    write_atomically(out / RECORD, (json.dumps(record, indent=1) + "\n").encode())
    return Fitted(recipe, backbone, scores, fusion, record)


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


def _frozen(scores: list[Score]) -> list[Score]:
    for score in scores:
        score.eval().requires_grad_(False).to(DEVICE)
    return scores
