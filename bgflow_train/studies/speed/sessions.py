# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""ONNX Runtime sessions for graphs outside of a model folder, with the options of the robot's sessions."""

from __future__ import annotations

import tempfile
from pathlib import Path

import onnxruntime

from bgflow_ros.segmentation.providers import PROVIDERS, provider_options
from bgflow_ros.segmentation.runtime import DeviceError

__all__ = ["open_session"]


def open_session(graph: bytes | Path, device: str, threads: int) -> onnxruntime.InferenceSession:
    """Load a graph into a session.

    Args:
        graph: path or content of an ONNX file.
        device: cpu, cuda or tensorrt.
        threads: CPU threads; 0 for the default of ONNX Runtime.

    Raises:
        DeviceError: the device cannot be used.
    """
    available = onnxruntime.get_available_providers()
    if PROVIDERS[device] not in available:
        raise DeviceError(f"{device}: this onnxruntime has only {', '.join(available)}")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3  # errors
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    with tempfile.TemporaryDirectory() as cache:  # for engines of TensorRT
        source = graph if isinstance(graph, bytes) else str(graph)
        session = onnxruntime.InferenceSession(source, options, provider_options(device, "float32", Path(cache)))
    if session.get_providers()[0] != PROVIDERS[device]:
        raise DeviceError(f"{device}: its provider could not start, see the messages above")
    return session
