# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Precisions and options of each device, on other machines than this one as well."""

from __future__ import annotations

import dataclasses
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from bgflow_ros.segmentation import hardware, providers
from bgflow_ros.segmentation.hardware import Card
from bgflow_ros.segmentation.model import DEFAULT_MODEL, Model

# What the pages of ONNX Runtime 1.31 on its CUDA and TensorRT execution providers name, those in use here and
# their neighbours; the libraries of its wheel hold the same names.
CUDA = {
    "arena_extend_strategy",
    "cudnn_conv1d_pad_to_nc1d",
    "cudnn_conv_algo_search",
    "cudnn_conv_use_max_workspace",
    "device_id",
    "do_copy_in_default_stream",
    "enable_cuda_graph",
    "enable_skip_layer_norm_strict_mode",
    "fuse_conv_bias",
    "gpu_mem_limit",
    "has_user_compute_stream",
    "prefer_nhwc",
    "sdpa_kernel",
    "tunable_op_enable",
    "tunable_op_max_tuning_duration_ms",
    "tunable_op_tuning_enable",
    "use_ep_level_unified_stream",
    "use_tf32",
    "user_compute_stream",
}
TENSORRT = {
    "device_id",
    "has_user_compute_stream",
    "user_compute_stream",
    "trt_auxiliary_streams",
    "trt_bf16_enable",
    "trt_build_heuristics_enable",
    "trt_builder_optimization_level",
    "trt_context_memory_sharing_enable",
    "trt_cuda_graph_enable",
    "trt_detailed_build_log",
    "trt_dla_core",
    "trt_dla_enable",
    "trt_dump_ep_context_model",
    "trt_dump_subgraphs",
    "trt_engine_cache_enable",
    "trt_engine_cache_path",
    "trt_engine_cache_prefix",
    "trt_engine_hw_compatible",
    "trt_force_sequential_engine_build",
    "trt_force_timing_cache",
    "trt_fp16_enable",
    "trt_int8_calibration_table_name",
    "trt_int8_enable",
    "trt_int8_use_native_calibration_table",
    "trt_layer_norm_fp32_fallback",
    "trt_max_partition_iterations",
    "trt_max_workspace_size",
    "trt_min_subgraph_size",
    "trt_op_types_to_exclude",
    "trt_profile_max_shapes",
    "trt_profile_min_shapes",
    "trt_profile_opt_shapes",
    "trt_sparsity_enable",
    "trt_tactic_sources",
    "trt_timing_cache_enable",
    "trt_timing_cache_path",
}
DOCUMENTED = {"CUDAExecutionProvider": CUDA, "TensorrtExecutionProvider": TENSORRT, "CPUExecutionProvider": set()}


@pytest.mark.parametrize("precision", providers.PRECISIONS)
@pytest.mark.parametrize("device", providers.PROVIDERS)
def test_options_are_documented_ones_and_the_device_comes_first(device: str, precision: str, tmp_path: Path) -> None:
    found = providers.provider_options(device, precision, tmp_path)
    assert found[0][0] == providers.PROVIDERS[device]
    assert found[-1] == ("CPUExecutionProvider", {})
    for name, options in found:
        assert options.keys() <= DOCUMENTED[name]
        assert all(isinstance(value, str) for value in options.values())


def test_float32_is_float32_and_auto_may_round_products() -> None:
    def tf32(precision: str) -> str:
        return providers.provider_options("cuda", precision)[0][1]["use_tf32"]

    assert tf32("float32") == "0"
    assert tf32("auto") == "1"


def test_float16_leaves_exponentials_and_sums_alone(tmp_path: Path) -> None:
    def options(precision: str) -> dict[str, str]:
        return providers.provider_options("tensorrt", precision, tmp_path)[0][1]

    assert options("float16")["trt_fp16_enable"] == "1"
    assert {"Exp", "Log", "MatMul"} <= set(options("float16")["trt_op_types_to_exclude"].split(","))
    for precision in ("auto", "float32"):
        assert options(precision)["trt_fp16_enable"] == "0"
        assert "trt_op_types_to_exclude" not in options(precision)


def test_engines_are_kept_apart_by_model_card_driver_and_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    model = Model.load(DEFAULT_MODEL)
    monkeypatch.setattr(providers, "cards", lambda: [Card("NVIDIA GTX 1650", "550.1", 7.5, 4096)])
    first = providers.engine_cache(model, "float32")
    assert "NVIDIA_GTX_1650-550.1" in first.name
    others = {providers.engine_cache(model, "float16"), first}
    others.add(providers.engine_cache(dataclasses.replace(model, sha256="f" * 64), "float32"))
    monkeypatch.setattr(providers, "cards", lambda: [Card("NVIDIA GTX 1650", "560.2", 7.5, 4096)])
    others.add(providers.engine_cache(model, "float32"))
    assert len(others) == 4


@pytest.mark.parametrize(
    ("info", "kind"),
    [
        ("model name\t: Some CPU\nflags\t\t: fpu avx2 avx512_vnni\n", "avx512_vnni"),
        ("model name\t: Some CPU\nflags\t\t: fpu avx2 avx_vnni\n", "avx_vnni"),
        ("model name\t: Some CPU\nflags\t\t: fpu avx2 fma\n", "avx2"),
        ("model name\t: Some CPU\nflags\t\t: fpu sse4_1\n", ""),
        ("processor\t: 0\nFeatures\t: fp asimd\n", ""),
        ("processor\t: 0\nFeatures\t: fp asimd asimddp\n", "asimddp"),
        ("", ""),
    ],
)
def test_int8_is_taken_where_bytes_are_multiplied_faster_than_numbers(
    info: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cpuinfo").write_text(info)
    monkeypatch.setattr(hardware, "CPUINFO", tmp_path / "cpuinfo")
    model = Model.load(DEFAULT_MODEL)
    assert hardware.byte_products() == kind
    assert providers.precision_of(model, "cpu", "auto") == ("int8" if kind else "float32")
    assert providers.precision_of(model, "cpu", "int8") == "int8"
    assert providers.precision_of(dataclasses.replace(model, int8=None), "cpu", "auto") == "float32"
    assert providers.precision_of(model, "cuda", "auto") == "float32"


@pytest.mark.parametrize(("cores", "int8"), [(1, 1), (2, 1), (4, 2), (8, 4)])
def test_int8_leaves_half_the_cores_to_others(cores: int, int8: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(providers.os, "sched_getaffinity", lambda _: set(range(cores)))
    assert providers.threads_of("int8", 0) == int8
    assert providers.threads_of("float32", 0) == 0  # ONNX Runtime's word for all
    assert providers.threads_of("int8", 3) == providers.threads_of("float32", 3) == 3


def test_cards_are_what_the_driver_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = "NVIDIA GeForce GTX 1080 Ti, 580.1, 6.1, 11264\nNVIDIA A2, Rev. 2, 580.1, 8.6, 15356\n"
    monkeypatch.setattr(hardware.subprocess, "run", lambda *_, **__: SimpleNamespace(stdout=listed))
    assert hardware.cards() == [
        Card("NVIDIA GeForce GTX 1080 Ti", "580.1", 6.1, 11264),
        Card("NVIDIA A2, Rev. 2", "580.1", 8.6, 15356),
    ]


def test_without_a_driver_there_are_no_cards(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise subprocess.CalledProcessError(9, "nvidia-smi")

    monkeypatch.setattr(hardware.subprocess, "run", fail)
    assert hardware.cards() == []


@pytest.mark.parametrize(
    ("device", "precision", "reason"),
    [
        ("cpu", "float16", "cpu does not support precision float16; expected one of float32, int8"),
        ("cuda", "int8", "cuda does not support precision int8; expected one of float32"),
        ("tensorrt", "int8", "tensorrt does not support precision int8; expected one of float32, float16"),
    ],
)
def test_a_precision_that_a_device_has_not_is_refused(device: str, precision: str, reason: str) -> None:
    found = providers.refusal(Model.load(DEFAULT_MODEL), device, precision)
    assert found is not None
    assert reason in found


def test_int8_needs_a_graph(tiny: Path) -> None:
    found = providers.refusal(Model.load(tiny), "cpu", "int8")
    assert found is not None
    assert "bgflow quantize" in found
