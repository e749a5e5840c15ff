# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The backbone of a packaged model, read back from its graph."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the train extra")

import onnx
import onnxruntime
import yaml
from onnx import helper
from support import tiny_model

from bgflow_ros.segmentation.model import MANIFEST, Model
from bgflow_train.data import DatasetError
from bgflow_train.model.scores import SCORES
from bgflow_train.training.graph_weights import is_model, read_model, unfold_batch_norm, with_heads
from bgflow_train.training.train_backbone import mean_backbone

DEFAULT = Path(__file__).resolve().parents[2] / "models" / "default"


def test_the_packaged_model_s_backbone_comes_back_from_its_graph(room: list[np.ndarray]) -> None:
    assert is_model(DEFAULT)
    backbone, record = mean_backbone([DEFAULT])
    backbone.eval().requires_grad_(False)
    manifest = yaml.safe_load((DEFAULT / "manifest.yaml").read_text())
    assert record["model"] == {"name": "default", "sha256": manifest["sha256"]}
    assert manifest["encoder"]["weights"] in backbone.source
    model = Model.load(DEFAULT)
    graph = onnx.load_from_string(model.graph)
    [head] = [node for node in graph.graph.node if any(name.endswith(".head.weight") for name in node.input)]
    graph.graph.output.append(helper.make_empty_tensor_value_info(head.output[0]))
    canvas = np.ascontiguousarray(room[0][: model.height, : model.width])
    session = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    found = session.run([head.output[0]], {"image": canvas[None]})[0]
    with torch.inference_mode():
        maps = backbone(torch.from_numpy(canvas)[None].permute(0, 3, 1, 2).float())
        expected = SCORES.make("head", backbone, 0)(maps).numpy()
    assert expected.std() > 1
    assert np.abs(found - expected).max() < 1e-3


def test_unfolded_it_is_the_same_in_evaluation_and_nearly_in_training(room: list[np.ndarray]) -> None:
    backbone, _ = mean_backbone([DEFAULT])
    backbone.requires_grad_(False)
    image = torch.from_numpy(np.stack(room))[:, :256, :320].permute(0, 3, 1, 2).float()
    expected = backbone.eval()(image)[-1]
    unfold_batch_norm(backbone, [image])
    found = backbone.eval()(image)[-1]
    assert (found - expected).abs().max() < 1e-2 * expected.std()
    trained = backbone.train()(image)[-1]
    assert np.corrcoef(trained.flatten(), expected.flatten())[0, 1] > 0.95


def test_a_graph_keeps_the_heads_that_its_scores_do_not_need(tmp_path: Path) -> None:
    folder = tmp_path / "default"
    shutil.copytree(DEFAULT, folder)
    backbone, _ = mean_backbone([DEFAULT])
    graph = onnx.load(folder / "model.onnx")
    graph.ClearField("metadata_props")
    for tensor in graph.graph.initializer:
        tensor.name = tensor.name.replace(".head.", ".another.").replace(".classify.", ".another.")

    def write(content: bytes) -> None:
        manifest = yaml.safe_load((DEFAULT / "manifest.yaml").read_text())
        manifest["sha256"] = hashlib.sha256(content).hexdigest()
        del manifest["int8"]
        (folder / "model.onnx").write_bytes(content)
        (folder / "manifest.yaml").write_text(yaml.safe_dump(manifest))

    write(with_heads(graph.SerializeToString(), backbone))
    _, state = read_model(folder)
    assert all(torch.equal(state[name], tensor) for name, tensor in backbone.state_dict().items())
    write(graph.SerializeToString())
    with pytest.raises(DatasetError, match=r"the graph has no head\.weight"):
        read_model(folder)


def test_a_graph_of_another_network_is_refused(tmp_path: Path) -> None:
    folder = tiny_model.write(tmp_path / "tiny")
    with pytest.raises(DatasetError, match=r"has the encoder none, which is no backbone's; .* efficientnet_lite0"):
        read_model(folder)
    manifest = yaml.safe_load((folder / MANIFEST).read_text())
    manifest["encoder"] = {"name": "efficientnet_lite0+pyramid", "weights": "those of another network"}
    (folder / MANIFEST).write_text(yaml.safe_dump(manifest))
    with pytest.raises(DatasetError, match=r"the graph has no encoder\.encoder\.network\.conv_stem\.weight"):
        read_model(folder)
