# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Execution providers of ONNX Runtime with their precisions and options."""

from __future__ import annotations

import os
import re
from pathlib import Path

import onnxruntime

from bgflow_ros.segmentation.files import cache
from bgflow_ros.segmentation.hardware import byte_products, cards
from bgflow_ros.segmentation.model import Model

__all__ = [
    "AUTO",
    "DEVICES",
    "OFFERED",
    "OPENVINO",
    "PRECISIONS",
    "PROCESSOR",
    "PROVIDERS",
    "engine_cache",
    "precision_of",
    "provider_options",
    "refusal",
    "threads_of",
]

PROVIDERS = {
    "tensorrt": "TensorrtExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "cpu": "CPUExecutionProvider",
}
AUTO = ("cuda", "cpu")
"""Devices that `auto` tries, in order. TensorRT builds an engine for minutes, so it is used only on request."""
OPENVINO = "openvino"
"""The processor by OpenVINO instead of ONNX Runtime."""
DEVICES = ("auto", *PROVIDERS, OPENVINO)
PROCESSOR = ("cpu", OPENVINO)
OFFERED = {**dict.fromkeys(PROCESSOR, ("float32", "int8")), "cuda": ("float32",), "tensorrt": ("float32", "float16")}
"""Precisions of each device beside `auto`."""
PRECISIONS = ("auto", "float32", "float16", "int8")
"""Precisions to ask for. `auto` means int8 on processors that are faster with it, and TensorFloat-32 on cards that have
it; `float32` means float32 throughout, for comparisons."""
KEPT_FLOAT32 = "Exp,Log,MatMul,Gemm,ReduceL2,ReduceMean,ReduceSum"
"""Operators of the scores (exponentials and long sums) that TensorRT must not compute in float16."""


def refusal(model: Model, device: str, precision: str) -> str | None:
    """Say why a device does not offer a precision; None where it does."""
    if precision not in ("auto", *OFFERED[device]):
        return f"{device} does not support precision {precision}; expected one of {', '.join(OFFERED[device])}"
    if precision == "int8" and model.int8 is None:
        return f"model {model.name} has no int8 graph; `bgflow quantize` makes one"
    return None


def precision_of(model: Model, device: str, precision: str) -> str:
    """Resolve `auto`: int8 where the processor has instructions for it, else float32."""
    if precision != "auto":
        return precision
    return "int8" if device in PROCESSOR and model.int8 is not None and byte_products() else "float32"


def threads_of(precision: str, threads: int) -> int:
    """Resolve 0 threads: half the cores for int8, else ONNX Runtime's choice, which is all of them.

    The other half of the cores serves the middleware and the programs that use the masks. A thread that shares its core
    is late, and all others wait for it (results/speed.md). Where half the cores are too slow, `Runtime` takes all.
    """
    return threads or (max(1, len(os.sched_getaffinity(0)) // 2) if precision == "int8" else 0)


def provider_options(device: str, precision: str, engines: Path | None = None) -> list[tuple[str, dict[str, str]]]:
    """List the providers of a session in order of preference, each with its options.

    The options are documented on ONNX Runtime's pages about the CUDA and the TensorRT execution provider.

    Args:
        device: one of PROVIDERS.
        precision: the requested precision, which may be `auto`.
        engines: folder of TensorRT's engines, needed for `tensorrt` only.
    """
    cpu: list[tuple[str, dict[str, str]]] = [(PROVIDERS["cpu"], {})]
    if device == "cpu":
        return cpu
    cuda = {
        "device_id": "0",
        # An exhaustive search takes seconds at every start and most of the memory of a small card.
        "cudnn_conv_algo_search": "HEURISTIC",
        "cudnn_conv_use_max_workspace": "0",
        "arena_extend_strategy": "kSameAsRequested",
        "use_tf32": "0" if precision == "float32" else "1",
    }
    if device == "cuda":
        return [(PROVIDERS["cuda"], cuda), *cpu]
    tensorrt = {
        "device_id": "0",
        "trt_engine_cache_enable": "1",
        "trt_engine_cache_path": str(engines),
        "trt_timing_cache_enable": "1",
        "trt_timing_cache_path": str(engines),
        "trt_fp16_enable": "1" if precision == "float16" else "0",
    }
    if precision == "float16":
        # Small parts between two excluded operators are excluded as well.
        tensorrt |= {"trt_op_types_to_exclude": KEPT_FLOAT32, "trt_min_subgraph_size": "10"}
    return [(PROVIDERS["tensorrt"], tensorrt), (PROVIDERS["cuda"], cuda), *cpu]


def engine_cache(model: Model, precision: str) -> Path:
    """Folder for the engines that TensorRT builds for this model, card, driver and ONNX Runtime version."""
    card = next((f"{card.name}-{card.driver}" for card in cards()), "card")
    key = f"{model.sha256[:12]}-{card}-ort{onnxruntime.__version__}-{precision}"
    return cache() / "tensorrt" / re.sub(r"[^A-Za-z0-9_.-]+", "_", key)
