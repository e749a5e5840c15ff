# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The backbone of a packaged model, read back from its graph."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the train extra")

import yaml
from support import tiny_model

from bgflow_ros.segmentation.model import Model
from bgflow_ros.segmentation.runtime import Runtime
from bgflow_train.data import DatasetError
from bgflow_train.evaluation.calibration import Calibration
from bgflow_train.model.fusion import Fusion
from bgflow_train.model.network import Network
from bgflow_train.model.scores import SCORES
from bgflow_train.training.graph_weights import is_model, read_model
from bgflow_train.training.train_backbone import mean_backbone

DEFAULT = Path(__file__).resolve().parents[2] / "models" / "default"


def test_the_packaged_model_s_backbone_and_scores_come_back_from_its_graph(room: list[np.ndarray]) -> None:
    assert is_model(DEFAULT)
    backbone, record = mean_backbone([DEFAULT])
    backbone.eval().requires_grad_(False)
    manifest = yaml.safe_load((DEFAULT / "manifest.yaml").read_text())
    assert record["model"] == {"name": "default", "sha256": manifest["sha256"]}
    assert manifest["encoder"]["weights"] in backbone.source
    calibration = manifest["calibration"]
    names = manifest["training"]["recipe"]["scores"]
    network = Network(
        backbone,
        SCORES.make_all(names, backbone, 0),
        Fusion(**calibration["blend"]),
        Calibration(calibration["temperature"], calibration["offset"]),
    ).eval()
    model = Model.load(DEFAULT)
    canvas = np.ascontiguousarray(room[0][: model.height, : model.width])
    with torch.inference_mode():
        expected = network(torch.from_numpy(canvas)[None])[0].numpy()
    found = Runtime(model, "cpu", 1, "float32")(canvas)
    assert expected.std() > 1
    assert found == pytest.approx(expected, abs=1e-3)


def test_a_graph_of_another_network_is_refused(tmp_path: Path) -> None:
    folder = tiny_model.write(tmp_path / "tiny")
    with pytest.raises(DatasetError, match=r"the graph has no encoder\.encoder\.network\.conv_stem\.weight"):
        read_model(folder)
