# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Rounding of weights to integers that changes the output of a layer least (GPTQ: Frantar et al., 2023)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

__all__ = ["Array", "moments", "round_weights"]

Array = npt.NDArray[np.float64]
POSITIONS = 300
"""Number of positions per image at which the input of a layer is sampled."""
DAMPING = 0.01
"""Share of the mean second moment that is added to each, so that inputs of little variance are not relied on."""


def moments(
    model: onnx.ModelProto, convolutions: Sequence[onnx.NodeProto], canvases: Iterable[npt.NDArray[np.uint8]], seed: int
) -> dict[str, Array]:
    """Compute the second moments of the inputs of each convolution's kernel.

    Args:
        model: Network in float32.
        convolutions: Nodes of the network.
        canvases: Images of the network's size, H x W x 3 RGB.
        seed: Seed of the sampled positions.

    Returns:
        groups x inputs x inputs by the name of the node, where inputs is the number of a group's channels times the
        size of the kernel.
    """
    weights = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    names = sorted({node.input[0] for node in convolutions})
    session = _session_with_outputs(model, names)
    random = np.random.default_rng(seed)
    found: dict[str, Array] = {node.name: np.zeros(()) for node in convolutions}
    images = 0
    for canvas in canvases:
        images += 1
        maps = dict(zip(names, session.run(names, {"image": canvas[None]}), strict=True))
        for node in convolutions:
            seen = _sample_inputs(maps[node.input[0]][0], node, weights[node.input[1]].shape[2:], random)
            found[node.name] = found[node.name] + seen @ seen.transpose(0, 2, 1) / seen.shape[2]
    return {name: total / images for name, total in found.items()}


def round_weights(
    weights: npt.NDArray[np.float32], moment: Array, scales: npt.NDArray[np.float32], levels: int
) -> npt.NDArray[np.int8]:
    """Round the weights of one input after the other; the weights not yet rounded compensate for each rounding error.

    Args:
        weights: outputs x inputs of a group x kernel.
        moment: groups x inputs x inputs, see `moments`.
        scales: Size of a quantisation step for each output.
        levels: The largest integer.

    Returns:
        The integers, in the shape of the weights.
    """
    groups = len(moment)
    left = weights.reshape(groups, len(weights) // groups, -1).astype(np.float64)
    steps = scales.reshape(groups, -1).astype(np.float64)
    rounded = np.zeros_like(left)
    damping = DAMPING * moment.diagonal(axis1=1, axis2=2).mean(1) + 1e-9
    damped = moment + damping[:, None, None] * np.eye(moment.shape[1])
    # Row i of the inverse's upper Cholesky factor tells how the inputs after i compensate for an error in i.
    factors = np.linalg.cholesky(np.linalg.inv(damped)).transpose(0, 2, 1)
    for i in range(left.shape[2]):
        rounded[:, :, i] = np.clip(np.round(left[:, :, i] / steps), -levels, levels)
        error = (left[:, :, i] - rounded[:, :, i] * steps) / factors[:, i, i, None]
        left[:, :, i:] -= error[:, :, None] * factors[:, i, None, i:]
    return rounded.reshape(weights.shape).astype(np.int8)


def _session_with_outputs(model: onnx.ModelProto, names: Sequence[str]) -> onnxruntime.InferenceSession:
    """Open a session that also returns these inner maps."""
    extended = onnx.ModelProto()
    extended.CopyFrom(model)
    extended.graph.output.extend(helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in names)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(extended.SerializeToString(), options, providers=["CPUExecutionProvider"])


def _sample_inputs(
    map: npt.NDArray[np.float32], node: onnx.NodeProto, kernel: tuple[int, ...], random: np.random.Generator
) -> Array:
    """Sample the inputs of a kernel at random positions of a map, channels x h x w: groups x inputs x positions."""
    attributes = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
    groups, stride = attributes.get("group", 1), attributes.get("strides", [1, 1])
    top, left, bottom, right = attributes.get("pads", [0, 0, 0, 0])
    padded = np.pad(map, ((0, 0), (top, bottom), (left, right)))
    height, width = ((padded.shape[1 + axis] - kernel[axis]) // stride[axis] + 1 for axis in (0, 1))
    places = random.choice(height * width, min(POSITIONS, height * width), replace=False)
    ys, xs = places // width * stride[0], places % width * stride[1]
    taps = [padded[:, ys + y, xs + x] for y in range(kernel[0]) for x in range(kernel[1])]
    return np.stack(taps, 1).reshape(groups, -1, len(places)).astype(np.float64)
