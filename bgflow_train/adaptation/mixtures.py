# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Mixtures of Gaussians in the latent spaces of a graph's hybrid flows: found, read and extended in the graph itself.

A hybrid flow compares its classes by `log pi_k + z mu_k - |mu_k|^2 / 2` (`HybridFlow.log_ratio`), in a graph a product
with the means, and sums them by side with a product with rows of (1, 0) for background and (0, 1) for foreground. So
the classes of a model folder are known without the fit that it came from, and more can be added to them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
from onnx import helper, numpy_helper

from bgflow_ros.segmentation.model import Model, ModelError

__all__ = ["PREFIX", "Components", "Mixture", "Site", "extend", "find_mixtures", "with_outputs"]

Array = npt.NDArray[np.float64]

PREFIX = "adapted"
"""Prefix of the names of tensors that are added."""


@dataclass(frozen=True)
class Site:
    """Place in a graph where latents are compared with classes."""

    latents: str
    """Tensor of latents, cells x channels."""
    means: str
    """Tensor of the means, channels x classes."""
    offset: str
    """Tensor of log pi_k - |mu_k|^2 / 2, classes."""
    kinds: str
    """Tensor of the comparison, cells x classes."""
    sides: str
    """Tensor of the sides, classes x 2."""


@dataclass(frozen=True)
class Components:
    """Further classes of background in a latent space."""

    means: Array
    """Components x channels."""
    weights: Array
    """Their shares of each other, which sum to 1."""


@dataclass(frozen=True)
class Mixture:
    """Classes of one flow."""

    sites: tuple[Site, ...]
    """Where they are used; the first has the most cells."""
    means: Array
    """Classes x channels."""
    log_weights: Array
    """Logarithms of the weights of the classes."""
    background: npt.NDArray[np.bool_]
    """Classes of background."""
    cells: int
    """Number of cells of the first site."""

    def log_ratio(self, z: Array) -> Array:
        """Compute the log-likelihood of background minus that of foreground: latents, n x channels, to n."""
        kinds = z @ self.means.T + self.log_weights - 0.5 * (self.means**2).sum(1)
        return np.asarray(_log_sum(kinds[:, self.background]) - _log_sum(kinds[:, ~self.background]))


def find_mixtures(model: Model) -> list[Mixture]:
    """Find the mixtures of a model's float32 graph, those with the most channels last.

    Raises:
        ModelError: The graph has no hybrid flow, or has been adapted.
    """
    graph = onnx.load_from_string(model.graph)
    if any(tensor.name.startswith(f"{PREFIX}.") for tensor in graph.graph.initializer):
        raise ModelError("the model has been adapted before; adapt the one that it was made from")
    sites = _sites(graph)
    if not sites:
        raise ModelError(f"model {model.name} has no hybrid flow to adapt; expected one such as the packaged default")
    wanted = {name for site in sites for name in (site.latents, site.means, site.offset, site.sides)}
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.graph.initializer}
    with_outputs(graph, sorted(wanted - constants.keys()))
    session = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    image = np.zeros((1, model.height, model.width, 3), np.uint8)
    values = constants | dict(zip(names, session.run(None, {"image": image}), strict=True))
    groups: list[list[Site]] = []
    for site in sorted(sites, key=lambda site: -len(values[site.latents])):
        for group in groups:
            if np.array_equal(values[group[0].means], values[site.means]):
                group.append(site)
                break
        else:
            groups.append([site])
    found = []
    for group in groups:
        means = values[group[0].means].T.astype(np.float64)
        log_weights = values[group[0].offset].astype(np.float64) + 0.5 * (means**2).sum(1)
        background = values[group[0].sides][:, 0] > 0
        cells = len(values[group[0].latents])
        found.append(Mixture(tuple(group), means, log_weights, background, cells))
    return sorted(found, key=lambda mixture: mixture.means.shape[1])


def extend(graph: bytes, mixtures: Sequence[Mixture], more: Sequence[Components], share: float) -> bytes:
    """Add classes of background to the mixtures of a graph.

    Args:
        graph: ONNX file, the float32 graph that the mixtures were found in or the int8 graph made from it.
        mixtures: Mixtures.
        more: Classes to add to each of them.
        share: Share of background that the added classes get, the others keep the rest.

    Raises:
        ModelError: The graph has other sites than the mixtures.
    """
    model = onnx.load_from_string(graph)
    known = {site: place for place, mixture in enumerate(mixtures) for site in mixture.sites}
    sites = [site for site in _sites(model) if site in known]
    if set(sites) != set(known):
        raise ModelError("the int8 graph has other flows than the float32 graph; make it anew with `bgflow quantize`")
    made_by = {output: node for node in model.graph.node for output in node.output}
    added: dict[str, list[onnx.NodeProto]] = {}
    renamed: dict[str, str] = {}
    for number, site in enumerate(sites):
        mixture, components = mixtures[known[site]], more[known[site]]
        name = f"{PREFIX}.{number}"
        mass = float(_log_sum(mixture.log_weights[None, mixture.background])[0])
        offset = np.log(components.weights) + mass + np.log(share) - 0.5 * (components.means**2).sum(1)
        sides = np.concatenate([np.column_stack([mixture.background, ~mixture.background])] + [[[1, 0]]] * len(offset))
        constants = {
            "means": components.means.T,
            "offset": offset,
            "shift": np.where(mixture.background, np.log1p(-share), 0.0),
            "sides": sides,
        }
        for key, value in constants.items():
            tensor = numpy_helper.from_array(np.ascontiguousarray(value, np.float32), f"{name}.{key}")
            model.graph.initializer.append(tensor)
        added[site.kinds] = [
            helper.make_node("MatMul", [site.latents, f"{name}.means"], [f"{name}.product"]),
            helper.make_node("Add", [f"{name}.product", f"{name}.offset"], [f"{name}.more"]),
            helper.make_node("Add", [site.kinds, f"{name}.shift"], [f"{name}.less"]),
            helper.make_node("Concat", [f"{name}.less", f"{name}.more"], [f"{name}.kinds"], axis=-1),
        ]
        renamed[site.kinds] = f"{name}.kinds"
    nodes = []
    for node in model.graph.node:
        if node.op_type == "MatMul" and (kinds := renamed.get(_behind(node, made_by) or "")):
            node.input[1] = kinds.removesuffix("kinds") + "sides"
        nodes.append(node)
    for node in nodes:
        node.input[:] = [renamed.get(name, name) for name in node.input]
    nodes = [
        other for node in nodes for other in (node, *(new for output in node.output for new in added.get(output, [])))
    ]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    del model.graph.value_info[:]  # they have the former number of classes
    used = {name for node in model.graph.node for name in node.input}
    kept = [tensor for tensor in model.graph.initializer if tensor.name in used]
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def with_outputs(graph: onnx.ModelProto, names: Sequence[str]) -> None:
    """Make tensors of a graph outputs, beside those that it has."""
    graph.graph.output.extend(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in names)


def _sites(model: onnx.ModelProto) -> list[Site]:
    made_by = {output: node for node in model.graph.node for output in node.output}
    sides = {tensor.name for tensor in model.graph.initializer if _are_sides(tensor)}
    found = []
    for node in model.graph.node:
        if node.op_type != "MatMul" or node.input[1] not in sides:
            continue
        behind = _behind(node, made_by)
        kinds = made_by.get(behind) if behind else None
        if kinds is None or kinds.op_type != "Add":
            continue
        product = made_by[kinds.input[0]]
        if product.op_type == "MatMul":
            found.append(Site(product.input[0], product.input[1], kinds.input[1], kinds.output[0], node.input[1]))
    return found


def _behind(node: onnx.NodeProto, made_by: Mapping[str, Any]) -> str | None:
    """Go back from the sum of the sides, through exponential, bound and difference, to what is compared."""
    name = node.input[0]
    for kind in ("Exp", "Clip", "Sub"):
        made = made_by.get(name)
        if made is None or made.op_type != kind:
            return None
        name = made.input[0]
    return str(name)


def _are_sides(tensor: onnx.TensorProto) -> bool:
    if len(tensor.dims) != 2 or tensor.dims[1] != 2 or tensor.dims[0] < 2:
        return False
    rows = numpy_helper.to_array(tensor)
    return bool((np.sort(rows, 1) == [0, 1]).all())


def _log_sum(logs: Array) -> Array:
    top = logs.max(1)
    return np.asarray(top + np.log(np.exp(logs - top[:, None]).sum(1)))
