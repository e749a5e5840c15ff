# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Export of a torch network to one ONNX file."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Sequence

import onnx
import torch
from torch import nn

from bgflow_train.export.folding import fold_batch_norm

__all__ = ["to_onnx"]

OPSET = 18


def to_onnx(network: nn.Module, width: int, height: int, outputs: Sequence[str] = ("logit",)) -> bytes:
    """Export a network for one fixed input size, with constants folded.

    Args:
        network: Network that takes a uint8 RGB image, 1 x H x W x 3; it is exported in evaluation mode.
        width: Width of the input in pixels.
        height: Height of the input in pixels.
        outputs: Names of the outputs.

    Returns:
        The ONNX file.
    """
    image = torch.zeros((1, height, width, 3), dtype=torch.uint8)
    # The exporter makes millions of objects that stay until it is done; to look for garbage among them again and again
    # takes a sixth of its time.
    gc.disable()
    try:
        program = _export(network, image, outputs)
    finally:
        gc.enable()
    model = program.model_proto
    # Names and paths of the exporting machine are of no use to those who run the model.
    model.ClearField("metadata_props")
    for node in model.graph.node:
        node.ClearField("metadata_props")
        node.ClearField("doc_string")
    for value in (*model.graph.value_info, *model.graph.input, *model.graph.output, *model.graph.initializer):
        value.ClearField("metadata_props")
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString())


def _export(network: nn.Module, image: torch.Tensor, outputs: Sequence[str]) -> torch.onnx.ONNXProgram:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Deprecations within the exporter.
        program = torch.onnx.export(
            fold_batch_norm(network.eval()),
            (image,),
            input_names=["image"],
            output_names=list(outputs),
            opset_version=OPSET,
            dynamo=True,
            optimize=True,
            verbose=False,
        )
    assert program is not None
    return program
