# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Least work of a graph: multiply-accumulates and bytes of its convolutions and matrix products."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import onnx
from onnx import TensorProto, helper

__all__ = ["Count", "Operation", "count"]

CONVOLUTIONS = {"Conv": (0, 1), "ConvInteger": (0, 1), "QLinearConv": (0, 3)}
PRODUCTS = {"MatMul": (0, 1), "MatMulInteger": (0, 1), "QLinearMatMul": (0, 3), "Gemm": (0, 1)}
TRANSPOSED = {"ConvTranspose": (0, 1)}
OPERANDS = CONVOLUTIONS | PRODUCTS | TRANSPOSED
"""Operators that are counted, each with the positions of its two operands among its inputs."""
PASSING = {"Relu", "Clip"}
"""Operators that a runtime applies to a result before it stores the result."""
LARGE = 4096
"""Least number of elements of a constant that cannot be a shape or an axis, so that only its size matters."""


@dataclass(frozen=True)
class Operation:
    """One node of a graph, or one search."""

    name: str
    kind: str
    macs: int
    """Multiply-accumulates."""
    bytes: int
    """Bytes read and written if operands and result are moved once each."""
    int8: bool = False
    """Both operands are stored in 8 bits."""


@dataclass(frozen=True)
class Count:
    """Counted operations and parameters of a graph."""

    operations: tuple[Operation, ...]
    parameters: int
    """Numbers that the graph holds, without those of shapes and axes."""
    uncounted: int = 0
    """Nodes whose shapes could not be inferred; if there are any, all other counts are too low."""

    @property
    def macs(self) -> int:
        """Multiply-accumulates of all operations."""
        return sum(operation.macs for operation in self.operations)

    @property
    def macs_int8(self) -> int:
        """Multiply-accumulates of the operations in 8 bits."""
        return sum(operation.macs for operation in self.operations if operation.int8)

    @property
    def bytes(self) -> int:
        """Bytes of all operations."""
        return sum(operation.bytes for operation in self.operations)


def count(graph: bytes) -> Count:
    """Count the operations of an ONNX file whose input has a fixed shape.

    Other nodes (activations, normalisations, resizing) count nothing, so the result is a lower bound. Where operands
    or results are quantised, by operators of their own (QLinearConv) or by neighbours (QuantizeLinear,
    DequantizeLinear), bytes are those of the 8-bit tensors that a runtime would move.
    """
    model = onnx.load_model_from_string(graph)
    parameters = _drop_values(model.graph)
    return _Counter(onnx.shape_inference.infer_shapes(model, data_prop=True).graph).count(parameters)


def _drop_values(graph: onnx.GraphProto) -> int:
    """Turn large constants into inputs, because shape inference copies the graph; return the number of parameters."""
    small, parameters = [], 0
    for constant in graph.initializer:
        size = math.prod(constant.dims)
        parameters += size if constant.data_type not in (TensorProto.INT64, TensorProto.BOOL) else 0
        if size < LARGE:
            small.append(constant)
        elif constant.name not in {value.name for value in graph.input}:
            graph.input.append(helper.make_tensor_value_info(constant.name, constant.data_type, list(constant.dims)))
    del graph.initializer[:]
    graph.initializer.extend(small)
    return parameters


class _Counter:
    """Graph with inferred shapes, and the nodes that make and read each tensor."""

    def __init__(self, graph: onnx.GraphProto) -> None:
        self.graph = graph
        self.made_by = {name: node for node in graph.node for name in node.output}
        self.read_by: dict[str, list[onnx.NodeProto]] = defaultdict(list)
        for node in graph.node:
            for name in node.input:
                self.read_by[name].append(node)
        self.shapes: dict[str, tuple[int, ...]] = {}
        self.widths: dict[str, int] = {}
        for value in (*graph.value_info, *graph.input, *graph.output):
            tensor = value.type.tensor_type
            if tensor.HasField("shape") and all(axis.HasField("dim_value") for axis in tensor.shape.dim):
                self._add(value.name, tensor.elem_type, [axis.dim_value for axis in tensor.shape.dim])
        for constant in graph.initializer:
            self._add(constant.name, constant.data_type, constant.dims)

    def _add(self, name: str, type: int, shape: Sequence[int]) -> None:
        if type != TensorProto.UNDEFINED:
            self.shapes[name] = tuple(shape)
            self.widths[name] = helper.tensor_dtype_to_np_dtype(type).itemsize

    def count(self, parameters: int) -> Count:
        operations, uncounted = [], 0
        for node in self.graph.node:
            if node.op_type not in OPERANDS:
                continue
            try:
                operations.append(self._operation(node))
            except KeyError:  # a tensor without a shape
                uncounted += 1
        return Count(tuple(operations), parameters, uncounted)

    def _operation(self, node: onnx.NodeProto) -> Operation:
        first, second = (node.input[place] for place in OPERANDS[node.op_type])
        output = node.output[0]
        if node.op_type in CONVOLUTIONS:
            # The first axis of the weights is the output's channels; each output number is a sum over the others.
            macs = math.prod(self.shapes[output]) * math.prod(self.shapes[second][1:])
        elif node.op_type in TRANSPOSED:
            # Each input number contributes to this many output numbers.
            macs = math.prod(self.shapes[first]) * math.prod(self.shapes[second][1:])
        else:
            transposed = any(attribute.name == "transA" and attribute.i for attribute in node.attribute)
            macs = math.prod(self.shapes[output]) * self.shapes[first][0 if transposed else -1]
        stored = [self._source(name) for name in (first, second)]
        moved = [*stored, self._destination(output)]
        if node.op_type in ("Conv", "ConvTranspose", "Gemm"):
            moved += [self._source(name) for name in node.input[2:] if name]  # the bias
        return Operation(
            name=node.name or output,
            kind=node.op_type,
            macs=macs,
            bytes=sum(math.prod(self.shapes[name]) * self.widths[name] for name in moved),
            int8=all(self.widths[name] == 1 for name in stored),
        )

    def _source(self, name: str) -> str:
        """Return the 8-bit tensor that an operand is dequantised from, or the operand."""
        node = self.made_by.get(name)
        return str(node.input[0]) if node is not None and node.op_type == "DequantizeLinear" else name

    def _destination(self, name: str) -> str:
        """Return the 8-bit tensor that a result is quantised to, or the result."""
        readers = self.read_by[name]
        if len(readers) == 1 and readers[0].op_type in PASSING:
            return self._destination(readers[0].output[0])
        if readers and all(reader.op_type == "QuantizeLinear" for reader in readers):
            return str(readers[0].output[0])
        return name
