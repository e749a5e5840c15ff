# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""From a fit to a model folder: calibrate, export, choose the operating points, measure, describe."""

from __future__ import annotations

import hashlib
import itertools
import platform
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import timm
import torch
import yaml

from bgflow_ros import __version__
from bgflow_ros.segmentation.files import write_atomically
from bgflow_ros.segmentation.model import MANIFEST, PROTOBUF_BYTES, Model
from bgflow_ros.segmentation.segmenter import Segmenter
from bgflow_train.data import DatasetError, IndexedDataset
from bgflow_train.data.canvas import canvas_of
from bgflow_train.data.registry import open_split
from bgflow_train.data.splits import rooms
from bgflow_train.evaluation.calibration import Calibration
from bgflow_train.evaluation.contrast import measure_contrast
from bgflow_train.evaluation.evaluation import evaluate
from bgflow_train.evaluation.model_counts import count_model
from bgflow_train.evaluation.operating_points import LEVELS, check, threshold
from bgflow_train.evaluation.reliability import calibration_error, reliability, reliability_diagram
from bgflow_train.export.model_card import model_card
from bgflow_train.export.onnx_graph import to_onnx
from bgflow_train.model.domains import sample_domain
from bgflow_train.model.fitting import VALIDATE, Fitted
from bgflow_train.model.network import Network

__all__ = ["REPORT", "add_contrast", "contrast_of", "export", "parity", "write_manifest"]

REPORT = (
    ("nyu", "test"),
    ("nyu", "balanced"),
    ("ade20k_rooms", "test"),
    ("gazebo_house", "test"),
    ("gazebo_bookstore", "test"),
)
PARITY_PICTURES = 8


def export(fitted: Fitted, data: Path, out: Path, cache: Path, notes: str = "") -> Model:
    """Write the model folder `out`: model.onnx, manifest.yaml, README.md and reliability.png.

    Args:
        fitted: what to export.
        data: folder that holds the data sets.
        out: the model folder; its name is the model's.
        cache: folder for what a killed run has done.
        notes: Markdown for the model card: what was seen by eye.
    """
    recipe, pyramid = fitted.recipe, fitted.backbone
    for score in fitted.scores:
        if not score.exportable:
            raise DatasetError(f"the fit has the score {score.name}, which is no part of a graph; fit without it")
    validate = [open_split(data, *split) for split in VALIDATE]
    calibration = _calibrate(fitted, validate)
    network = Network(pyramid, fitted.scores, fitted.fusion, calibration).eval()
    graph = to_onnx(network, recipe.width, recipe.height)
    manifest: dict[str, Any] = {
        "format": 1,
        "name": out.name,
        "file": "model.onnx",
        "sha256": hashlib.sha256(graph).hexdigest(),
        "input": {"width": recipe.width, "height": recipe.height},
        "stride": pyramid.layers[-1].stride,
        # Replaced below by what the exported graph itself gives on the validation rooms.
        "thresholds": {mask: {"likelihood": 0.5, "level": level, "guarantee": ""} for mask, level in LEVELS.items()},
        "encoder": {"name": pyramid.name, "weights": pyramid.source},
        "layers": fitted.record["layers"],
        "training": {
            "recipe": fitted.record["recipe"],
            "data": fitted.record["data"],
            "versions": {
                "bgflow": __version__,
                "python": platform.python_version(),
                "torch": str(torch.__version__),
                "timm": timm.__version__,
                "numpy": np.__version__,
            },
        },
        "calibration": asdict(calibration)
        # Fits of earlier versions also have the key `veto`, which is null.
        | {key: fitted.record[key] for key in ("blend", "veto") if key in fitted.record},
        "metrics": {},
    }
    with tempfile.TemporaryDirectory() as folder:
        # The whole folder is finished elsewhere first: a kill never leaves half a model under its name.
        model = _write(Path(folder) / out.name, manifest, graph)
        segmenter = Segmenter(model, precision="float32")
        manifest["calibration"]["parity"] = parity(segmenter, network, validate[0])
        counts = np.concatenate([count_model(segmenter, dataset, cache).logits for dataset in validate])
        names = _rooms_of(validate)
        manifest["thresholds"] = _operating_points(counts, names, validate)
        manifest["calibration"] |= {
            "expected_error": {
                "before": calibration_error(counts, calibration),
                "after": calibration_error(counts),
            },
            "operating_points_on_1000_splits": {
                mask: check(counts, names, level, recipe.seed) for mask, level in LEVELS.items()
            },
        }
        segmenter = Segmenter(_write(Path(folder) / out.name, manifest, graph), precision="float32")
        for split in REPORT:
            manifest["metrics"]["/".join(split)] = evaluate(segmenter, open_split(data, *split), cache, recipe.seed)
        manifest["contrast"] = contrast_of(segmenter.model, data)
    curves = {"before": reliability(counts, calibration), "calibrated": reliability(counts)}
    write_atomically(out / "reliability.png", reliability_diagram(curves))
    write_atomically(out / "README.md", model_card(manifest, notes).encode())
    return _write(out, manifest, graph)


def parity(segmenter: Segmenter, network: Network, dataset: IndexedDataset) -> dict[str, float]:
    """Largest difference in likelihood between the exported graph and torch, on some of the set's pictures."""
    model, worst = segmenter.model, 0.0
    samples = list(itertools.islice(dataset, PARITY_PICTURES))
    for sample in samples:
        canvas, _ = canvas_of(sample, model.width, model.height)
        with torch.inference_mode():
            reference = torch.sigmoid(network(torch.from_numpy(canvas)[None]))[0].numpy()
        exported = 1 / (1 + np.exp(-segmenter.runtime(canvas).astype(np.float64)))
        worst = max(worst, float(np.abs(exported - reference).max()))
    return {"pictures": len(samples), "largest_likelihood_difference": worst}


def contrast_of(model: Model, data: Path) -> dict[str, Any]:
    """What a model's manifest says under `contrast`, see `measure_contrast`."""
    validate, reported = ([open_split(data, *split) for split in splits] for splits in (VALIDATE, REPORT))
    return measure_contrast(model, validate, len(set(_rooms_of(validate))), reported)


def add_contrast(folder: Path, data: Path, notes: str = "") -> dict[str, Any]:
    """Write the least contrast of a room into a model folder's manifest and card; the graphs stay as they are.

    Args:
        folder: of a model.
        data: folder that holds the data sets.
        notes: Markdown to end the model card with.

    Returns:
        The manifest as written.
    """
    model = Model.load(folder)
    manifest: dict[str, Any] = yaml.safe_load((folder / MANIFEST).read_text())
    manifest["contrast"] = contrast_of(model, data)
    write_manifest(folder, manifest)
    write_atomically(folder / "README.md", model_card(manifest, notes).encode())
    return manifest


def _calibrate(fitted: Fitted, validate: list[IndexedDataset]) -> Calibration:
    parts: list[tuple[npt.NDArray[Any], ...]] = []
    for dataset in validate:
        cells = sample_domain(fitted.backbone, fitted.scores, fitted.recipe, [dataset])
        logits = fitted.logit(cells.scores, cells.confidence)
        # Each domain counts the same, however many pictures it has.
        parts.append((logits, cells.labels, cells.weights / cells.weights.sum()))
    logits, labels, weights = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Calibration.fit(logits, labels, weights * len(labels))


def _rooms_of(validate: list[IndexedDataset]) -> list[str]:
    """The room of each picture: of NYU a run of consecutive numbers, elsewhere the picture itself."""
    names = []
    for dataset in validate:
        ids = dataset.ids
        if dataset.name.startswith("nyu/"):
            room_of = {id: run[0] for run in rooms(ids) for id in run}
            names += [f"{dataset.name} {room_of[id]}" for id in ids]
        else:
            names += [f"{dataset.name} {id}" for id in ids]
    return names


def _operating_points(
    counts: npt.NDArray[np.int64], names: list[str], validate: list[IndexedDataset]
) -> dict[str, Any]:
    return {
        mask: {
            "likelihood": threshold(counts, names, level),
            "level": level,
            "guarantee": (
                f"conformal risk control over {len(set(names))} rooms of {' and '.join(set.name for set in validate)}: "
                f"at most {level:.0%} of a new room's foreground lies above, in expectation, if that room is "
                "exchangeable with these; it ends where the domain changes and after any post-processing"
            ),
        }
        for mask, level in LEVELS.items()
    }


def write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    """Write a model folder's manifest."""
    write_atomically(folder / MANIFEST, yaml.safe_dump(manifest, sort_keys=False, width=120).encode())


def _write(folder: Path, manifest: dict[str, Any], graph: bytes) -> Model:
    write_atomically(folder / "model.onnx", graph)
    write_manifest(folder, manifest)
    return Model.load(folder, PROTOBUF_BYTES)
