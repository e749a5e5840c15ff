# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""anomalib's detectors as anomalib exports them, with a model folder's input and output."""

from __future__ import annotations

import tempfile
import warnings
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper, utils

from bgflow_train.export.onnx_graph import OPSET

__all__ = ["efficient_ad", "fastflow"]

MAP = "anomaly_map"
"""Name of anomalib's output that is a map, 1 x 1 x H x W."""


def fastflow(width: int, height: int) -> bytes:
    """Export FastFlow (Yu et al., 2021) on ResNet-18, anomalib's default."""
    from anomalib.models import Fastflow

    return _exported(Fastflow, width, height, pre_trained=False)


def efficient_ad(width: int, height: int) -> bytes:
    """Export EfficientAD-S (Batzner et al., 2024), anomalib's default."""
    from anomalib.models import EfficientAd

    return _exported(EfficientAd, width, height)


def _exported(build: Any, width: int, height: int, **options: Any) -> bytes:
    """Build a model with random weights for one input size, and let anomalib export it for that size alone."""
    with warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
        warnings.simplefilter("ignore")  # deprecations of anomalib and of the exporter
        processor = build.configure_pre_processor((height, width))
        model = build(pre_processor=processor, evaluator=False, visualizer=False, **options)
        # Without dynamic shapes the batch is 1; every other graph has a fixed size too.
        path = model.to_onnx(
            folder, input_size=(height, width), dynamic_shapes=None, opset_version=OPSET, input_names=["input"]
        )
        return _framed(onnx.load(path), width, height)


def _framed(model: onnx.ModelProto, width: int, height: int) -> bytes:
    """Add the conversion from uint8, 1 x H x W x 3, and keep the map as the only output, 1 x H x W."""
    # The score of the image and its masks at anomalib's own threshold are removed, with the nodes that compute them.
    model = utils.Extractor(model).extract_model(["input"], [MAP])
    graph = model.graph
    front = [
        helper.make_node("Transpose", ["image"], ["image_planes"], perm=[0, 3, 1, 2]),
        helper.make_node("Cast", ["image_planes"], ["image_float"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["image_float", "image_scale"], ["input"]),
    ]
    nodes = [*front, *graph.node, helper.make_node("Squeeze", [MAP, "map_axis"], ["logit"])]
    del graph.node[:], graph.input[:], graph.output[:]
    graph.node.extend(nodes)
    graph.input.append(helper.make_tensor_value_info("image", TensorProto.UINT8, [1, height, width, 3]))
    graph.output.append(helper.make_tensor_value_info("logit", TensorProto.FLOAT, [1, height, width]))
    graph.initializer.append(numpy_helper.from_array(np.array(1 / 255, np.float32), "image_scale"))
    graph.initializer.append(numpy_helper.from_array(np.array([1], np.int64), "map_axis"))
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString())
