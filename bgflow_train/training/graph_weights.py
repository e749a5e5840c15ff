# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Weights of the backbone from the graph of a model folder, so that a training or fit can continue from any model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import onnx
import torch
import yaml
from onnx import numpy_helper
from torch import Tensor, nn

from bgflow_ros.segmentation.model import MANIFEST, PROTOBUF_BYTES, Model
from bgflow_train.data import DatasetError
from bgflow_train.networks import RANDOM
from bgflow_train.networks.pyramid import Pyramid

__all__ = ["is_model", "read_model"]

HEADS = ("head", "classify")
"""Modules of the backbone that only scores use: the graph has them under the name of one of these scores, or not."""


def is_model(folder: Path) -> bool:
    """Tell whether a folder is a model folder, as `bgflow export` writes it."""
    return (folder / MANIFEST).is_file()


def read_model(folder: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Read the backbone of a model folder.

    In the graph, batch normalisation is folded into the convolutions. Here it becomes a normalisation that changes
    nothing but adds what was folded, so that the backbone gives the same layers and can be trained further. A head that
    the graph lacks keeps its random weights.

    Returns:
        A record as that of a training, and the state of a `Pyramid`.

    Raises:
        DatasetError: The graph is of another network.
        ModelError: The model folder is damaged.
    """
    model = Model.load(folder, PROTOBUF_BYTES)
    found = {tensor.name: tensor for tensor in onnx.load_from_string(model.graph).graph.initializer}

    def take(name: str) -> Tensor:
        if name not in found:
            raise DatasetError(
                f"{folder}: the graph has no {name}; expected a model that `bgflow export` made of a backbone"
            )
        return torch.from_numpy(numpy_helper.to_array(found[name]).copy())

    backbone = Pyramid(RANDOM)
    state = backbone.state_dict()
    convolution = ""
    for name, module in backbone.named_modules():
        if isinstance(module, nn.Conv2d) and module.bias is None:
            convolution = name
            state[f"{name}.weight"] = take(f"encoder.{name}.weight")
        elif isinstance(module, nn.BatchNorm2d):
            # A batch normalisation follows the convolution that it was folded into.
            state[f"{name}.weight"].fill_(1.0)
            # Earlier versions left the folding to the exporter, which names the bias after the weight.
            bias = f"encoder.{convolution}.bias"
            state[f"{name}.bias"] = take(bias if bias in found else f"encoder.{convolution}.weight_bias")
            state[f"{name}.running_mean"].zero_()
            state[f"{name}.running_var"].fill_(1.0 - module.eps)
        elif isinstance(module, nn.Linear):
            state |= {f"{name}.{part}": take(f"encoder.{name}.{part}") for part in ("weight", "bias")}
    for head in HEADS:
        for part in ("weight", "bias"):
            known = [name for name in found if name.endswith(f".{head}.{part}")]
            if known:
                state[f"{head}.{part}"] = take(known[0])
    manifest = yaml.safe_load((folder / MANIFEST).read_text())
    source = f"model {model.name}, SHA-256 {model.sha256[:16]} ({manifest['encoder']['weights']})"
    return {"recipe": {"init": source}, "data": {}, "model": {"name": model.name, "sha256": model.sha256}}, state
