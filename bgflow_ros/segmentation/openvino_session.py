# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""OpenVINO on the processor, with the part of ONNX Runtime's session that the runtime uses."""

from __future__ import annotations

import ctypes
import os
import sys
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from bgflow_ros.segmentation.model import Model, ModelError

__all__ = ["OpenVinoSession", "is_installed"]

TYPES = {"u8": "tensor(uint8)", "f32": "tensor(float)"}
"""ONNX Runtime's names of OpenVINO's element types."""
TELEMETRY = "openvino_telemetry"


class Port(NamedTuple):
    """Input or output of a graph."""

    name: str
    type: str
    shape: list[int]


class Binding:
    """Buffers that a request reads and writes."""

    def __init__(self, openvino: Any, request: Any) -> None:
        self._openvino, self.request = openvino, request

    def bind_input(self, name: str, _: str, __: int, kind: Any, shape: tuple[int, ...], address: int) -> None:
        """Read an input from memory; the arguments are those of ONNX Runtime's IOBinding."""
        memory = (ctypes.c_uint8 * (int(np.prod(shape)) * np.dtype(kind).itemsize)).from_address(address)
        array: npt.NDArray[Any] = np.frombuffer(memory, kind).reshape(shape)
        self.request.set_tensor(name, self._openvino.Tensor(array, shared_memory=True))

    bind_output = bind_input
    """Write an output to memory."""


class OpenVinoSession:
    """Graph that OpenVINO has compiled for this processor.

    Args:
        model: The model.
        precision: `float32` or `int8`, which names the graph.
        threads: CPU threads; 0 takes all cores.

    Raises:
        ModelError: OpenVINO refuses the graph.
    """

    def __init__(self, model: Model, precision: str, threads: int) -> None:
        self._openvino = _import()
        settings = {
            "PERFORMANCE_HINT": "LATENCY",
            "NUM_STREAMS": "1",
            "INFERENCE_NUM_THREADS": threads or len(os.sched_getaffinity(0)),
            # A thread that is bound to a core cannot make room for the middleware.
            "ENABLE_CPU_PINNING": False,
            # Without it processors with AMX or AVX-512 BF16 compute in bfloat16.
            "INFERENCE_PRECISION_HINT": "f32",
        }
        try:
            core = self._openvino.Core()
            self._compiled = core.compile_model(
                core.read_model(model.int8 if precision == "int8" else model.graph), "CPU", settings
            )
        except RuntimeError as error:
            raise ModelError(f"model {model.name}: OpenVINO refuses its graph: {error}") from error

    def get_inputs(self) -> list[Port]:
        """List the inputs."""
        return [_port(port) for port in self._compiled.inputs]

    def get_outputs(self) -> list[Port]:
        """List the outputs."""
        return [_port(port) for port in self._compiled.outputs]

    def io_binding(self) -> Binding:
        """Make a request whose buffers are bound once."""
        return Binding(self._openvino, self._compiled.create_infer_request())

    def run_with_iobinding(self, binding: Binding) -> None:
        """Run the graph on the bound buffers."""
        binding.request.infer()


def is_installed() -> bool:
    """Tell whether OpenVINO can be imported."""
    return find_spec("openvino") is not None


def _import() -> Any:
    """Import OpenVINO without its telemetry, which identifies this machine and reports to its makers."""
    if TELEMETRY not in sys.modules:
        # None makes its import fail, as where it is not installed, which OpenVINO allows for.
        sys.modules[TELEMETRY] = None  # type: ignore[assignment]
    import openvino

    return openvino


def _port(port: Any) -> Port:
    kind = port.element_type.get_type_name()
    # A tensor that the graph passes on under another name has both.
    name = next((name for name in ("image", "logit") if name in port.names), port.any_name)
    return Port(name, TYPES.get(kind, kind), [int(size) for size in port.shape])
