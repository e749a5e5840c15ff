# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The int8 graph: rounding, what fits into 16 bits, and the packaged model's likelihoods beside float32's."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("torch", reason="needs the train extra")
import onnx
from onnx import TensorProto, helper, numpy_helper

from bgflow_ros.segmentation.files import share
from bgflow_ros.segmentation.letterbox import letterbox
from bgflow_ros.segmentation.model import Model, ModelError
from bgflow_ros.segmentation.runtime import Runtime
from bgflow_ros.segmentation.segmenter import Segmenter
from bgflow_train.export.quantizing import KEEP, LEVELS, difference, quantize
from bgflow_train.export.rounding import moments, round_weights


def scales_of(weights: np.ndarray) -> np.ndarray:
    return np.abs(weights).reshape(len(weights), -1).max(1).astype(np.float32) / LEVELS


@given(seed=st.integers(0, 1000), groups=st.sampled_from([1, 4]), levels=st.sampled_from([7, LEVELS]))
def test_rounding_changes_the_output_less_than_the_nearest_integers_do(seed: int, groups: int, levels: int) -> None:
    random = np.random.default_rng(seed)
    outputs, inputs, places = 64, 9, 500
    # Correlated, non-negative inputs, as after a ReLU.
    common = np.abs(random.normal(size=(groups, 1, places)))
    seen = np.abs(common + 0.3 * random.normal(size=(groups, inputs, places)))
    moment = seen @ seen.transpose(0, 2, 1) / places
    weights = random.normal(size=(outputs, inputs, 1, 1)).astype(np.float32)
    scales = np.abs(weights).reshape(outputs, -1).max(1) / levels
    rounded = round_weights(weights, moment, scales.astype(np.float32), levels)
    assert np.abs(rounded).max() <= levels

    def error(integers: np.ndarray) -> float:
        change = (integers * scales[:, None, None, None] - weights).reshape(groups, outputs // groups, inputs)
        return float(((change @ seen) ** 2).mean())

    nearest = np.round(weights / scales[:, None, None, None])
    assert error(rounded) < 0.9 * error(nearest)


def test_weights_that_are_integers_stay() -> None:
    weights = np.arange(-8, 8, dtype=np.float32).reshape(4, 4, 1, 1)
    assert (round_weights(weights, np.eye(4)[None], np.ones(4, np.float32), LEVELS) == weights).all()


@pytest.mark.parametrize(
    ("groups", "stride", "pads"), [(1, 1, [0, 0, 0, 0]), (3, 2, [0, 0, 1, 1]), (1, 1, [1, 1, 1, 1])]
)
def test_moments_foretell_the_convolution_s_power(groups: int, stride: int, pads: list[int]) -> None:
    random = np.random.default_rng(0)
    kernel = 3 if any(pads) else 1
    weight = random.normal(size=(6, 3 // groups, kernel, kernel)).astype(np.float32)
    nodes = [
        helper.make_node("Transpose", ["image"], ["planes"], perm=[0, 3, 1, 2]),
        helper.make_node("Cast", ["planes"], ["map"], to=TensorProto.FLOAT),
        helper.make_node("Conv", ["map", "w"], ["out"], name="conv", group=groups, strides=[stride, stride], pads=pads),
    ]
    graph = helper.make_graph(
        nodes,
        "one",
        [helper.make_tensor_value_info("image", TensorProto.UINT8, [1, 12, 16, 3])],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(weight, "w")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    canvas = random.integers(0, 256, (12, 16, 3), np.uint8)
    [out] = onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"image": canvas[None]})
    # There are fewer positions than samples, so the moments are exact.
    found = moments(model, [model.graph.node[2]], [canvas], seed=0)["conv"]
    assert found.shape == (groups, 3 // groups * kernel**2, 3 // groups * kernel**2)
    rows = weight.reshape(groups, 6 // groups, -1)
    power = np.einsum("gok,gkl,gol->go", rows, found, rows).ravel()
    assert power == pytest.approx((out[0].reshape(6, -1) ** 2).mean(1), rel=1e-4)


@pytest.fixture(scope="module")
def packaged() -> Model:
    return Model.load()


def test_no_sum_of_two_products_leaves_16_bits(packaged: Model) -> None:
    assert packaged.int8 is not None
    graph = onnx.load_from_string(packaged.int8).graph
    weights = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    integers = [value for name, value in weights.items() if name.endswith(".weight_quantized")]
    assert len(integers) > 50
    for value in integers:
        assert value.dtype == np.int8
        assert 2 * 255 * np.abs(value.astype(int)).max() < 2**15


@pytest.mark.timeout(400)
@pytest.mark.skipif(shutil.which("qemu-x86_64") is None, reason="needs qemu-x86_64 (Debian and Ubuntu: qemu-user)")
def test_a_processor_without_vnni_gives_the_very_same_logits(
    packaged: Model, room: list[np.ndarray], tmp_path: Path
) -> None:
    runtime = Runtime(packaged, "cpu", 1, "int8")
    letterbox(room[0], runtime.canvas)
    (tmp_path / "graph.onnx").write_bytes(packaged.int8 or b"")
    np.save(tmp_path / "canvas.npy", runtime.canvas)
    code = (
        "import numpy, onnxruntime; session = onnxruntime.InferenceSession('graph.onnx');"
        "numpy.save('logit.npy', session.run(None, {'image': numpy.load('canvas.npy')[None]})[0])"
    )
    paths = os.pathsep.join({str(Path(module.__file__).parents[1]) for module in (np, onnxruntime)})
    haswell = ["qemu-x86_64", "-cpu", "Haswell", str(Path(sys.executable).resolve()), "-c", code]
    subprocess.run(haswell, cwd=tmp_path, env={"PYTHONPATH": paths}, check=True, capture_output=True)
    assert (np.load(tmp_path / "logit.npy")[0] == runtime(runtime.canvas)).all()


def test_the_scores_and_the_kept_parts_are_in_float32(packaged: Model) -> None:
    graph = onnx.load_from_string(packaged.int8 or b"").graph
    convolutions = [node for node in graph.node if node.op_type == "Conv"]
    exact = [node.input[1] for node in convolutions if not node.input[1].endswith("_DequantizeLinear_Output")]
    assert {name.split(".")[0] for name in exact} == {"encoder", "scores"}
    for name in exact:
        assert not name.startswith("encoder.") or any(part in name for part in KEEP)
    assert len(exact) < len(convolutions) / 4


def test_a_graph_without_an_encoder_is_refused(tiny: Path) -> None:
    with pytest.raises(ModelError, match="no convolution of the encoder"):
        quantize(Model.load(tiny).graph, [])


def test_likelihoods_of_rooms_differ_little_from_float32(packaged: Model, room: list[np.ndarray]) -> None:
    exact, fast = (Segmenter(packaged, "cpu", 1, precision) for precision in ("float32", "int8"))
    for picture in room:
        one, other = exact(picture), fast(picture)
        assert np.abs(one.likelihood - other.likelihood).mean() < 0.02
        assert (one.foreground != other.foreground).mean() < 0.04
    found = difference(packaged, [np.zeros((packaged.height, packaged.width, 3), np.uint8)])
    assert found["mean"] <= found["percentile99"] <= found["largest"] < 1


def test_the_manifest_says_how_int8_differs_on_held_back_pictures(packaged: Model) -> None:
    manifest = yaml.safe_load((share() / "models" / packaged.name / "manifest.yaml").read_text())
    assert manifest["int8"]["difference"]["pictures"] >= 64
    assert manifest["int8"]["difference"]["mean"] < 0.02
    assert manifest["int8"]["metrics"].keys() == manifest["metrics"].keys()
