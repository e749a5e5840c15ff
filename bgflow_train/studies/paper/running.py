# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Runs of a column of Tables I and II, from images to metrics."""

from __future__ import annotations

import hashlib
import json
import platform
from dataclasses import asdict, dataclass, field
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import torch

from bgflow_ros import __version__
from bgflow_ros.segmentation.files import write_atomically
from bgflow_train.data import IndexedDataset
from bgflow_train.data.augment import CONSTANTS as AUGMENTATION
from bgflow_train.data.registry import open_ade20k_parsing
from bgflow_train.model.densities import Mixture
from bgflow_train.model.densities.hybrid_flow import CONSTANTS as HYBRID
from bgflow_train.model.densities.real_nvp import Coupling
from bgflow_train.networks import IMAGENET, EncoderError
from bgflow_train.networks.device import machine
from bgflow_train.networks.expert import Expert
from bgflow_train.runs.artifact import BEGUN
from bgflow_train.runs.ownership import own_folder
from bgflow_train.studies.paper.cells import CONSTANTS as FITTING
from bgflow_train.studies.paper.column_fitting import CHOICE_IMAGES, NEIGHBOURS, FittedColumn, fit_column
from bgflow_train.studies.paper.columns import Column, Size
from bgflow_train.studies.paper.image_sets import ImageSets, open_image_sets
from bgflow_train.studies.paper.measuring import measure_systems
from bgflow_train.studies.paper.systems import rows
from bgflow_train.training.train_expert import EXPERT, train_expert

__all__ = ["TABLES", "Setting", "fitted_column", "run_column"]

TABLES = {"table1": "nyu", "table2": "generalization"}
"""The field of `ImageSets` that each table reports on."""
CONSTANTS = (
    FITTING
    | AUGMENTATION
    | {
        "hybrid": HYBRID,
        "bound": Coupling.BOUND,
        "floor": Mixture.FLOOR,
        "steps": Mixture.STEPS,
        "neighbours": list(NEIGHBOURS),
        "choice_pictures": CHOICE_IMAGES,
    }
)
"""Constants of the code that a column's results depend on."""


@dataclass(frozen=True)
class Setting:
    """Settings that all columns of a run share."""

    data: Path
    work: Path
    """Folder of the intermediate results: experts, features, densities, counts."""
    size: Size
    split: str = "official"
    seed: int = 0
    ade20k: Path | None = None
    """ADEChallengeData2016, to train the `ade20k` weights."""
    brought: dict[str, str] = field(default_factory=dict)
    """Files of encoder weights that the user gives, by column."""
    fitting: Path | None = None
    """Folder of a fitting set of the user's own; None for the project's."""
    report: IndexedDataset | None = None
    """Images to report on; None for the table's own set."""

    @cached_property
    def images(self) -> ImageSets:
        """The images to fit with and to report on, which are opened on first access."""
        return open_image_sets(self.data, self.split, self.size.validation, self.seed, self.fitting)


def run_column(column: Column, setting: Setting, table: str) -> dict[str, Any]:
    """Run one column of a table, continuing from the intermediate results of an earlier run.

    Args:
        column: The column to run.
        setting: The settings of the run.
        table: One of TABLES.

    Returns:
        JSON-ready: the results of the systems with everything that they depend on, or `not_run` with the reason.

    Raises:
        DatasetError: Images are missing, or the column's folder holds another run.
    """
    head: dict[str, Any] = {"column": asdict(column) | {"encoder": column.encoder}}
    report: IndexedDataset = setting.report or getattr(setting.images, TABLES[table])
    try:
        expert, folder, begun = _begin(column, setting)
    except EncoderError as error:
        return head | {"not_run": str(error)}
    systems = hashlib.sha256(repr(rows(tuple(layer.number for layer in expert.layers))).encode()).hexdigest()
    path = folder / f"{table}-{report.digest()[:12]}-{systems[:6]}.json"
    if path.exists():
        return dict(json.loads(path.read_text()))
    fitted = fit_column(column, setting.size, expert, setting.images, folder, setting.seed)
    measured = measure_systems(fitted, report, folder / "counts", setting.seed, cross_fit=table == "table2")
    more = {
        "expert": json.loads((_folder(column, setting) / "expert" / EXPERT.record).read_text()),
        "layers": [asdict(layer) for layer in fitted.systems.expert.layers],
        "fitted": fitted.record,
        "measured": measured,
        "versions": {
            "bgflow": __version__,
            "python": platform.python_version(),
            "torch": str(torch.__version__),
            "faiss": faiss.__version__,
            "scikit-learn": version("scikit-learn"),
            "numpy": np.__version__,
        },
        "machine": machine(),
    }
    result = head | begun | more
    write_atomically(path, (json.dumps(result, indent=1) + "\n").encode())
    return result


def fitted_column(column: Column, setting: Setting) -> FittedColumn:
    """Train a column's expert and fit its systems, or read those of an earlier run.

    Raises:
        EncoderError: The initial weights are not available on this machine.
        DatasetError: Images are missing, or the column's folder holds another run.
    """
    expert, folder, _ = _begin(column, setting)
    return fit_column(column, setting.size, expert, setting.images, folder, setting.seed)


def _begin(column: Column, setting: Setting) -> tuple[Expert, Path, dict[str, Any]]:
    """Train or read the expert.

    Returns:
        The expert; the folder for everything that depends on its weights, owned by this run; the settings that
        identify the run.
    """
    folder = _folder(column, setting) / "expert"
    recipe = column.expert(setting.size, _init(column, setting), setting.seed)
    expert = train_expert(recipe, setting.images.fit, setting.images.stop, folder)
    weights = hashlib.sha256((folder / EXPERT.weights).read_bytes()).hexdigest()
    systems = folder.with_name(f"systems-{weights[:12]}")
    begun = {
        "size": _size_of(column, setting.size),
        "constants": CONSTANTS,
        "data": setting.images.digests(),
        "run": {"split": setting.split, "seed": setting.seed},
    }
    own_folder(systems / BEGUN, begun)
    return expert, systems, begun


def _folder(column: Column, setting: Setting) -> Path:
    return setting.work / f"{setting.size.name}-{setting.split}" / column.name


def _init(column: Column, setting: Setting) -> str:
    """Initial weights of the column's expert, as a name or a file."""
    if column.name in setting.brought:
        return setting.brought[column.name]
    if column.weights == "nyu":
        return setting.size.init[column.architecture]
    if column.weights == "imagenet":
        return IMAGENET
    if setting.ade20k is None:
        raise EncoderError("no weights of a scene parsing on ADE20K, and no ADE20K to train them on")
    folder = _folder(column, setting) / "parsing"
    train_expert(column.parsing(setting.size, setting.seed), *open_ade20k_parsing(setting.ade20k), folder)
    return str(folder / EXPERT.weights)


def _size_of(column: Column, size: Size) -> dict[str, Any]:
    """The values of a size that apply to a column."""
    found = {}
    for key, value in asdict(size).items():
        own = value[column.architecture] if isinstance(value, dict) else value
        found[key] = list(own) if isinstance(own, tuple) else own
    return found
