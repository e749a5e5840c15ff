# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Tiny model with predictable outputs: the brighter a pixel, the more likely it is background.

The graph is stored beside this file as `tiny_model.onnx`, because robots do not have the package onnx. To reproduce it
where onnx is installed: python test/support/tiny_model.py
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import yaml

FILE = Path(__file__).with_suffix(".onnx")
WIDTH, HEIGHT, STRIDE = 128, 96, 8
GREY, SCALE = 127.5, 16.0
FOREGROUND, STATIC = 0.4, 0.7


def graph(scale: float = SCALE) -> bytes:
    """ONNX graph; the logit of a cell is its mean grey level minus GREY, divided by a scale."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    constants = {
        "grey": np.float32(GREY),
        "scale": np.float32(scale),
        "channels": np.array([3], np.int64),
        "one": np.array([1], np.int64),
    }
    nodes = [
        helper.make_node("Cast", ["image"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["float", "channels"], ["mean"], keepdims=0),
        helper.make_node("Unsqueeze", ["mean", "one"], ["map"]),
        helper.make_node("AveragePool", ["map"], ["cells"], kernel_shape=[STRIDE] * 2, strides=[STRIDE] * 2),
        helper.make_node("Squeeze", ["cells", "one"], ["grid"]),
        helper.make_node("Sub", ["grid", "grey"], ["centred"]),
        helper.make_node("Div", ["centred", "scale"], ["logit"]),
    ]
    image = helper.make_tensor_value_info("image", TensorProto.UINT8, [1, HEIGHT, WIDTH, 3])
    logit = helper.make_tensor_value_info("logit", TensorProto.FLOAT, [1, HEIGHT // STRIDE, WIDTH // STRIDE])
    initializers = [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()]
    model = helper.make_model(
        helper.make_graph(nodes, "tiny", [image], [logit], initializers),
        opset_imports=[helper.make_opsetid("", 18)],
        ir_version=9,
    )
    onnx.checker.check_model(model)
    return model.SerializeToString()


def write(folder: Path, onnx_bytes: bytes | None = None, **changes: object) -> Path:
    """Write a model folder with a graph, by default FILE; `changes` replace keys of the manifest."""
    onnx_bytes = FILE.read_bytes() if onnx_bytes is None else onnx_bytes
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(onnx_bytes)
    manifest = {
        "format": 1,
        "name": "tiny",
        "file": "model.onnx",
        "sha256": hashlib.sha256(onnx_bytes).hexdigest(),
        "input": {"width": WIDTH, "height": HEIGHT},
        "stride": STRIDE,
        "thresholds": {
            "foreground": {"likelihood": FOREGROUND, "level": 0.05, "guarantee": "none"},
            "static": {"likelihood": STATIC, "level": 0.01, "guarantee": "none"},
        },
        "encoder": {},
        "layers": [],
        "training": {},
        "calibration": {},
        "metrics": {},
    }
    (folder / "manifest.yaml").write_text(yaml.safe_dump(manifest | changes))
    return folder


if __name__ == "__main__":
    FILE.write_bytes(graph())
