# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Weights of the backbone from the graph of a model folder, so that a training or fit can continue from any model."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import onnx
import safetensors.torch
import torch
import yaml
from onnx import numpy_helper
from torch import Tensor, nn

from bgflow_ros.segmentation.model import MANIFEST, PROTOBUF_BYTES, Model
from bgflow_train.data import DatasetError
from bgflow_train.networks import RANDOM
from bgflow_train.networks.pyramid import PYRAMIDS, Pyramid

__all__ = ["is_model", "read_model", "unfold_batch_norm", "with_heads"]

HEADS = ("head", "classify")
"""Modules of the backbone that only some scores use; the metadata of the graph has them whatever the scores are."""
KEY = "heads"
"""Key of the graph's metadata with the weights of HEADS, in the safetensors format and base64."""


def is_model(folder: Path) -> bool:
    """Tell whether a folder is a model folder, as `bgflow export` writes it."""
    return (folder / MANIFEST).is_file()


def read_model(folder: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Read the backbone of a model folder.

    In the graph, batch normalisation is folded into the convolutions. Here it becomes a normalisation that changes
    nothing but adds what was folded, so that the backbone gives the same layers. To train it further, see
    `unfold_batch_norm`.

    Returns:
        A record as that of a training, and the state of a `Pyramid`.

    Raises:
        DatasetError: The graph is of another network, or lacks the heads.
        ModelError: The model folder is damaged.
    """
    model = Model.load(folder.resolve(), PROTOBUF_BYTES)  # an absolute path is never the name of a packaged model
    graph = onnx.load_from_string(model.graph)
    found = {tensor.name: tensor for tensor in graph.graph.initializer}
    convolutions = [node.input for node in graph.graph.node if node.op_type == "Conv"]
    # The exporter leaves out a bias of zeros, and equal biases may be one tensor under the name of any of them.
    biases = {weight: bias for _, weight, *rest in convolutions for bias in rest}

    def take(name: str) -> Tensor:
        if name not in found:
            raise DatasetError(
                f"{folder}: the graph has no {name}; expected a model that `bgflow export` made of a backbone"
            )
        return torch.from_numpy(numpy_helper.to_array(found[name]).copy())

    manifest = yaml.safe_load((folder / MANIFEST).read_text())
    encoder = manifest.get("encoder", {}).get("name", "none").removesuffix("+pyramid")
    if encoder not in PYRAMIDS:
        raise DatasetError(
            f"{folder} has the encoder {encoder}, which is no backbone's; expected a model that `bgflow export` made "
            f"of a backbone with {' or '.join(PYRAMIDS)}"
        )
    backbone = Pyramid(RANDOM, encoder)
    state = backbone.state_dict()
    convolution = ""
    for name, module in backbone.named_modules():
        if isinstance(module, nn.Conv2d) and module.bias is None:
            convolution = name
            state[f"{name}.weight"] = take(f"encoder.{name}.weight")
        elif isinstance(module, nn.BatchNorm2d):
            # A batch normalisation follows the convolution that it was folded into.
            state[f"{name}.weight"].fill_(1.0)
            bias = biases.get(f"encoder.{convolution}.weight")
            state[f"{name}.bias"] = take(bias) if bias else torch.zeros(module.num_features)
            state[f"{name}.running_mean"].zero_()
            state[f"{name}.running_var"].fill_(1.0 - module.eps)
        elif isinstance(module, nn.Linear):
            state |= {f"{name}.{part}": take(f"encoder.{name}.{part}") for part in ("weight", "bias")}
    heads = {entry.key: entry.value for entry in graph.metadata_props}.get(KEY)
    if heads is not None:
        state |= safetensors.torch.load(base64.b64decode(heads))
    else:  # Earlier versions: the scores have them.
        for head in HEADS:
            for part in ("weight", "bias"):
                known = (name for name in found if name.endswith(f".{head}.{part}"))
                state[f"{head}.{part}"] = take(next(known, f"{head}.{part}"))
    source = f"model {model.name}, SHA-256 {model.sha256[:16]} ({manifest['encoder']['weights']})"
    return {
        "recipe": {"init": source, "encoder": encoder},
        "data": {},
        "model": {"name": model.name, "sha256": model.sha256},
    }, state


def with_heads(graph: bytes, network: nn.Module) -> bytes:
    """Add the heads of a backbone to the metadata of a graph whose scores may not need them.

    Args:
        graph: ONNX file.
        network: The backbone; another encoder has no heads, and its graph stays as it is.
    """
    if not isinstance(network, Pyramid):
        return graph
    model = onnx.load_from_string(graph)
    state = {
        name: tensor.contiguous().cpu()
        for name, tensor in network.state_dict().items()
        if name.partition(".")[0] in HEADS
    }
    model.metadata_props.add(key=KEY, value=base64.b64encode(safetensors.torch.save(state)).decode())
    return bytes(model.SerializeToString())


@torch.inference_mode()
def unfold_batch_norm(network: nn.Module, images: Iterable[Tensor]) -> None:
    """Give each batch normalisation the statistics of its inputs, and weight and bias that undo them.

    The network stays the same in evaluation. In training, where a normalisation takes the statistics of the batch, it
    is then close to that, as the network was before its normalisations were folded away.

    Args:
        network: Network whose normalisations have other statistics than those of their inputs.
        images: Batches of inputs to measure the statistics with.
    """
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    sums: dict[nn.Module, Tensor] = {}

    def count(norm: nn.Module, inputs: tuple[Tensor]) -> None:
        x = inputs[0].transpose(0, 1).flatten(1).double()
        found = torch.stack([torch.full_like(x[:, 0], x.shape[1]), x.sum(1), x.square().sum(1)])
        sums[norm] = sums[norm] + found if norm in sums else found

    hooks = [norm.register_forward_pre_hook(count) for norm in norms]
    network.eval()
    for batch in images:
        network(batch)
    for hook in hooks:
        hook.remove()
    for norm in norms:
        assert norm.running_mean is not None
        assert norm.running_var is not None
        number, first, second = sums[norm]
        mean = first / number
        variance = (second / number - mean.square()).clamp(min=0)
        slope = norm.weight / (norm.running_var + norm.eps).sqrt()
        norm.bias.add_(slope * (mean - norm.running_mean))
        norm.weight.copy_(slope * (variance + norm.eps).sqrt())
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)
