# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Measured limits of this machine, and the time that a graph would take at these limits."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import helper, numpy_helper

from bgflow_train.studies.speed.operations import Operation, count
from bgflow_train.studies.speed.sessions import open_session

__all__ = ["Limits", "bound", "measure_limits", "product"]

SIDE = 1024
"""Side of the square matrices that are multiplied, large enough that only the products count."""
CHANNELS, MAP = 256, (36, 48)
"""Channels of the 3 x 3 convolution, and height and width of its maps; ONNX Runtime has special kernels for these."""
COPIED = 64 << 20
"""Bytes that each thread copies, more than caches hold."""
SECONDS = 1.0
"""Duration of each of the five measurements."""


@dataclass(frozen=True)
class Limits:
    """Best rates of many tries, with the same number of threads as the systems."""

    float32: float
    """Multiply-accumulates per second of a float32 matrix product or convolution, whichever is faster."""
    int8: float
    """Multiply-accumulates per second in 8 bits."""
    bandwidth: float
    """Bytes per second that a copy reads and writes."""


def bound(operations: Iterable[Operation], limits: Limits) -> float:
    """Compute the least seconds of consecutive operations, each limited by the slower of arithmetic and memory.

    Small tensors may stay in the caches, which are faster than memory, so the bound may be too high for operations that
    move much and multiply little.
    """
    rates = {True: limits.int8, False: limits.float32}
    return sum(max(one.macs / rates[one.int8], one.bytes / limits.bandwidth) for one in operations)


def measure_limits(threads: int, seed: int = 0, seconds: float = SECONDS) -> Limits:
    """Measure the limits of the processor.

    Args:
        threads: CPU threads to use.
        seed: seed of the operands.
        seconds: duration of each of the five measurements; the fastest try counts.
    """
    rng = np.random.default_rng(seed)
    rates = {"float32": 0.0, "int8": 0.0}
    for kind, (shape, weights) in SHAPES.items():
        for precision in tuple(rates):
            a = rng.integers(0, 255, shape, np.uint8)
            b = rng.integers(-127, 127, weights, np.int8)
            a, b = (a, b) if precision == "int8" else (a.astype(np.float32), b.astype(np.float32))
            graph = product(kind, a, b)
            macs = sum(operation.macs for operation in count(graph).operations)
            run = partial(open_session(graph, "cpu", threads).run, None, {"a": a})
            rates[precision] = max(rates[precision], macs / _fastest(run, seconds))
    with ThreadPoolExecutor(threads) as pool:
        arrays = [(np.zeros(COPIED, np.uint8), np.ones(COPIED, np.uint8)) for _ in range(threads)]
        copy = _fastest(lambda: list(pool.map(lambda pair: np.copyto(*pair), arrays)), seconds)
    return Limits(**rates, bandwidth=2 * COPIED * threads / copy)


SHAPES = {
    "MatMul": ((SIDE, SIDE), (SIDE, SIDE)),
    "Conv": ((1, CHANNELS, *MAP), (CHANNELS, CHANNELS, 3, 3)),
}
"""Shapes of the two operands by operator."""


def product(kind: str, a: npt.NDArray[Any], b: npt.NDArray[Any]) -> bytes:
    """Build the graph of one operator on the input `a` and the constant `b`.

    For operands in 8 bits (unsigned and signed) the result is in 8 bits too, in the form of quantised models that
    runtimes fuse: the operator on real numbers, between operators that quantise.
    """
    pads: dict[str, Any] = {"pads": [1, 1, 1, 1]} if kind == "Conv" else {}
    constants: dict[str, npt.NDArray[Any]] = {"b": b}
    if a.dtype == np.uint8:
        nodes = [
            helper.make_node("DequantizeLinear", ["a", "scale", "zero"], ["a_real"]),
            helper.make_node("DequantizeLinear", ["b", "scale", "b_zero"], ["b_real"]),
            helper.make_node(kind, ["a_real", "b_real"], ["y_real"], **pads),
            helper.make_node("QuantizeLinear", ["y_real", "y_scale", "zero"], ["y"]),
        ]
        constants |= {"scale": np.array(0.01, np.float32), "y_scale": np.array(10, np.float32)}
        constants |= {"zero": np.array(128, np.uint8), "b_zero": np.array(0, np.int8)}
    else:
        nodes = [helper.make_node(kind, ["a", "b"], ["y"], **pads)]
    type = helper.np_dtype_to_tensor_dtype(a.dtype)
    graph = helper.make_graph(
        nodes,
        kind,
        [helper.make_tensor_value_info("a", type, a.shape)],
        [helper.make_tensor_value_info("y", type, a.shape)],  # as many columns, or channels, as the operand has
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    return bytes(model.SerializeToString())


def _fastest(run: Callable[[], object], seconds: float) -> float:
    """Return the seconds of the fastest run within a duration, after one run to warm up."""
    run()
    best, end = float("inf"), time.perf_counter() + seconds
    while best == float("inf") or time.perf_counter() < end:
        begin = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - begin)
    return best
