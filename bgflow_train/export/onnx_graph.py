# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""From a torch network to one ONNX file."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import onnx
import torch
from torch import nn

__all__ = ["to_onnx"]

OPSET = 18


def to_onnx(network: nn.Module, width: int, height: int, outputs: Sequence[str] = ("logit",)) -> bytes:
    """Export for one fixed input size, with everything constant folded.

    Args:
        network: in evaluation mode; takes uint8 RGB, 1 x H x W x 3.
        width: of the input, in pixels.
        height: of the input, in pixels.
        outputs: names of what it gives.
    """
    image = torch.zeros((1, height, width, 3), dtype=torch.uint8)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter's own deprecations
        program = torch.onnx.export(
            network.eval(),
            (image,),
            input_names=["image"],
            output_names=list(outputs),
            opset_version=OPSET,
            dynamo=True,
            optimize=True,
            verbose=False,
        )
    assert program is not None
    model = program.model_proto
    # Names and paths of the machine that exported say nothing to whoever runs the model.
    model.ClearField("metadata_props")
    for node in model.graph.node:
        node.ClearField("metadata_props")
        node.ClearField("doc_string")
    for value in (*model.graph.value_info, *model.graph.input, *model.graph.output, *model.graph.initializer):
        value.ClearField("metadata_props")
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString())
