# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Changes to the logit that a graph computes: a constant, and a linear function of the flows' latents."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper, numpy_helper

from bgflow_train.adaptation.mixtures import PREFIX, Mixture

__all__ = ["Correction", "correct_logit", "raise_logit"]

BEFORE, CORRECTED = f"{PREFIX}.logit", f"{PREFIX}.correction"


@dataclass(frozen=True)
class Correction:
    """Linear function of the latents of a cell, which is added to its logit."""

    weights: list[npt.NDArray[np.float64]]
    """For each flow, channels."""
    offset: float


def raise_logit(graph: bytes, offset: float) -> bytes:
    """Add a constant to the logit, where it is not 0."""
    if not offset:
        return graph
    model = onnx.load_from_string(graph)
    _add(model, _constant(model, "offset", np.array(offset, np.float32)))
    return _checked(model)


def correct_logit(graph: bytes, mixtures: Sequence[Mixture], correction: Correction, grid: tuple[int, int]) -> bytes:
    """Add a linear function of latents to the logit, interpolated from their cells.

    Args:
        graph: ONNX file, the float32 graph that the mixtures were found in or the int8 graph made from it.
        mixtures: Mixtures, all with as many cells.
        correction: The function.
        grid: Height and width of the logit.
    """
    model = onnx.load_from_string(graph)
    coarser = math.isqrt(grid[0] * grid[1] // mixtures[0].cells)
    shape = _constant(model, "shape", np.array([1, 1, grid[0] // coarser, grid[1] // coarser], np.int64))
    nodes, total = [], _constant(model, "offset", np.array(correction.offset, np.float32))
    for number, (mixture, weights) in enumerate(zip(mixtures, correction.weights, strict=True)):
        column = _constant(model, f"weights.{number}", weights[:, None].astype(np.float32))
        nodes += [
            helper.make_node("MatMul", [mixture.sites[0].latents, column], [f"{CORRECTED}.product.{number}"]),
            helper.make_node("Add", [f"{CORRECTED}.product.{number}", total], [f"{CORRECTED}.sum.{number}"]),
        ]
        total = f"{CORRECTED}.sum.{number}"
    scales = _constant(model, "scales", np.array([1, 1, coarser, coarser], np.float32))
    last = _constant(model, "axis", np.array([1], np.int64))
    nodes += [
        helper.make_node("Reshape", [total, shape], [f"{CORRECTED}.cells"]),
        helper.make_node("Resize", [f"{CORRECTED}.cells", "", scales], [f"{CORRECTED}.resized"], mode="linear"),
        helper.make_node("Squeeze", [f"{CORRECTED}.resized", last], [CORRECTED]),
    ]
    model.graph.node.extend(nodes)
    _add(model, CORRECTED)
    return _checked(model)


def _constant(model: onnx.ModelProto, name: str, value: npt.NDArray[Any]) -> str:
    """Store a constant and return its name."""
    stored = f"{PREFIX}.{name}"
    model.graph.initializer.append(numpy_helper.from_array(value, stored))
    return stored


def _add(model: onnx.ModelProto, what: str) -> None:
    """Let the output be what it was and something more."""
    for node in model.graph.node:
        node.output[:] = [BEFORE if output == "logit" else output for output in node.output]
        node.input[:] = [BEFORE if given == "logit" else given for given in node.input]
    model.graph.node.append(helper.make_node("Add", [BEFORE, what], ["logit"]))


def _checked(model: onnx.ModelProto) -> bytes:
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())
