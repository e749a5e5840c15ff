# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Export of a fit to a model folder: calibrate, make the graph, choose the thresholds, measure, describe."""

from __future__ import annotations

import hashlib
import itertools
import platform
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from bgflow_ros import __version__
from bgflow_ros.segmentation.files import write_atomically
from bgflow_ros.segmentation.model import GRAPH, PROTOBUF_BYTES, Model
from bgflow_ros.segmentation.segmenter import Segmenter
from bgflow_train.data import DatasetError, IndexedDataset
from bgflow_train.data.canvas import to_canvas
from bgflow_train.evaluation.calibration import Calibration
from bgflow_train.evaluation.reliability import calibration_error, reliability, reliability_diagram
from bgflow_train.export.manifest import Manifest
from bgflow_train.export.model_card import write_card
from bgflow_train.export.onnx_graph import to_onnx
from bgflow_train.export.reporting import contrast_report, evaluation_reports
from bgflow_train.export.thresholds import choose_thresholds, with_unseen
from bgflow_train.model.domains import sample_domain
from bgflow_train.model.fitted import Fitted
from bgflow_train.model.network import Network
from bgflow_train.model.partition import Partition
from bgflow_train.training.graph_weights import with_heads

__all__ = ["export"]

PARITY_IMAGES = 8
"""Number of images on which the exported graph is compared with torch."""


def export(fitted: Fitted, data: Path, out: Path, cache: Path, notes: str = "", rooms: Path | None = None) -> Model:
    """Write the model folder `out`: model.onnx, manifest.yaml, README.md and reliability.png.

    Everything is measured before anything is written, and the manifest is written last: a killed export leaves no
    model that is only half described.

    Args:
        fitted: The fit to export.
        data: Folder that holds the data sets.
        out: The model folder; its name becomes the model's.
        cache: Folder for the counts of a run that is not finished.
        notes: Markdown to append to the model card.
        rooms: Folder of rendered rooms that no training has seen, to choose the thresholds with; None for none.

    Raises:
        DatasetError: A score cannot become part of a graph, or a data set is missing.
        ModelError: No model can have the name of the folder.
    """
    Manifest.check_name(out.name)
    for score in fitted.scores:
        if not score.exportable:
            raise DatasetError(
                f"the fit has the score {score.name}, which cannot become part of a graph; fit without it"
            )
    if "shares" not in fitted.record:
        raise DatasetError("the fit is of an earlier version; fit again into another folder")
    validation = Partition.open(data, fitted.held_out).unseen
    calibration = _calibrate(fitted, validation)
    network = _network(fitted, calibration)
    model = _model(fitted, network, out.name)
    segmenter = Segmenter(model, precision="float32")
    parity = _parity(segmenter, network, validation[0])
    folds = [_model(part, _network(part, calibration), out.name) for part in fitted.folds]
    unseen = with_unseen(validation, rooms)
    chosen = choose_thresholds(segmenter, unseen, cache, fitted.recipe.seed, folds)
    segmenter = Segmenter(chosen.of(model), precision="float32")
    counts = np.concatenate(chosen.counts[: len(validation)])
    manifest = Manifest(
        name=out.name,
        sha256=model.sha256,
        width=model.width,
        height=model.height,
        stride=model.stride,
        thresholds=chosen.entry,
        encoder={"name": fitted.backbone.name, "weights": fitted.backbone.source},
        layers=fitted.record["layers"],
        scores=[
            {
                "name": score.name,
                "kind": score.kind,
                "layer": fitted.backbone.layers[score.index].number,
                "weight": round(share, 4),
            }
            for score, share in zip(fitted.scores, fitted.record["shares"], strict=True)
        ],
        training={
            **{key: fitted.record[key] for key in ("recipe", "data")},
            **({"held_out": fitted.record["held_out"]} if fitted.held_out else {}),
            "versions": _versions(),
        },
        calibration=_describe_calibration(fitted, calibration, parity, counts) | chosen.calibration,
        metrics=evaluation_reports(segmenter, data, cache, fitted.recipe.seed),
        added={"contrast": contrast_report(segmenter.model, data, validation, folds)},
    )
    curves = {"before": reliability(counts, calibration), "calibrated": reliability(counts)}
    write_atomically(out / "reliability.png", reliability_diagram(curves))
    write_card(out, manifest, notes)
    write_atomically(out / GRAPH, model.graph)
    manifest.write(out)
    return Model.load(out, PROTOBUF_BYTES)


def _calibrate(fitted: Fitted, validation: list[IndexedDataset]) -> Calibration:
    """Fit the calibration to labelled cells of the validation images."""
    parts: list[tuple[npt.NDArray[Any], ...]] = []
    for dataset in validation:
        cells = sample_domain(fitted.systems, fitted.recipe, [dataset])
        logits = fitted.logit(cells.scores, cells.confidence)
        # Each domain has the same weight, whatever its number of images.
        parts.append((logits, cells.labels, cells.weights / cells.weights.sum()))
    logits, labels, weights = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Calibration.fit(logits, labels, weights * len(labels))


def _network(fitted: Fitted, calibration: Calibration) -> Network:
    return Network(fitted.backbone, fitted.scores, fitted.fusion, calibration).eval()


def _model(fitted: Fitted, network: Network, name: str) -> Model:
    """Export the network to a model whose thresholds are not chosen yet."""
    graph = with_heads(to_onnx(network, fitted.recipe.width, fitted.recipe.height), fitted.backbone)
    return Model(
        name=name,
        graph=graph,
        int8=None,
        sha256=hashlib.sha256(graph).hexdigest(),
        width=fitted.recipe.width,
        height=fitted.recipe.height,
        stride=fitted.stride,
        foreground_threshold=0.5,
        static_threshold=0.5,
    )


def _parity(segmenter: Segmenter, network: Network, dataset: IndexedDataset) -> dict[str, float]:
    """Measure the largest difference in likelihood between the exported graph and torch on some images."""
    model, worst = segmenter.model, 0.0
    samples = list(itertools.islice(dataset, PARITY_IMAGES))
    for sample in samples:
        canvas, _ = to_canvas(sample, model.width, model.height)
        with torch.inference_mode():
            reference = torch.sigmoid(network(torch.from_numpy(canvas)[None]))[0].numpy()
        exported = 1 / (1 + np.exp(-segmenter.runtime(canvas).astype(np.float64)))
        worst = max(worst, float(np.abs(exported - reference).max()))
    return {"pictures": len(samples), "largest_likelihood_difference": worst}


def _describe_calibration(
    fitted: Fitted, calibration: Calibration, parity: dict[str, float], counts: npt.NDArray[np.int64]
) -> dict[str, Any]:
    """Collect what the manifest says of the calibration of the logit."""
    return {
        **asdict(calibration),
        # The record of a fit that an earlier version made also has the key `veto`, which is null.
        **{key: fitted.record[key] for key in ("blend", "veto") if key in fitted.record},
        "parity": parity,
        "expected_error": {
            "before": calibration_error(counts, calibration),
            "after": calibration_error(counts),
        },
    }


def _versions() -> dict[str, str]:
    return {
        "bgflow": __version__,
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "timm": version("timm"),
        "numpy": np.__version__,
    }
