# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""One ONNX Runtime session. Nothing else knows ONNX Runtime."""

from __future__ import annotations

from typing import cast

import numpy as np
import numpy.typing as npt
import onnxruntime

from bgflow_ros.model import Model, ModelError

__all__ = ["DEVICES", "DeviceError", "Runtime"]

PROVIDERS = {
    "tensorrt": "TensorrtExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "cpu": "CPUExecutionProvider",
}
AUTO = ("cuda", "cpu")
"""What `auto` tries, in order. TensorRT builds an engine for minutes, so it is taken only when asked for."""
DEVICES = ("auto", *PROVIDERS)


class DeviceError(Exception):
    """The device asked for cannot be used; the message says what is there."""


class Runtime:
    """A loaded, warmed-up network: `runtime(canvas)` gives the coarse map of background logits.

    Args:
        model: what to run.
        device: one of DEVICES.
        threads: CPU threads for one inference; 0 lets ONNX Runtime choose.

    Raises:
        DeviceError: unknown device, or one that this installation or machine cannot use.
        ModelError: the graph is not one that ONNX Runtime or this package understands.
    """

    def __init__(self, model: Model, device: str = "auto", threads: int = 0) -> None:
        if device not in DEVICES:
            raise DeviceError(f"unknown device {device!r}; expected one of {', '.join(DEVICES)}")
        self.shape = (1, model.height, model.width, 3)
        grid = [1, model.height // model.stride, model.width // model.stride]
        self._session = _open(model, device, threads)
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        found = [(i.name, i.type, i.shape) for i in inputs] + [(o.name, o.type, o.shape) for o in outputs]
        expected = [("image", "tensor(uint8)", list(self.shape)), ("logit", "tensor(float)", grid)]
        if found != expected:
            raise ModelError(f"model {model.name}: its graph has {found}; expected {expected}")
        # The first run allocates and tunes: better now than in the first frame.
        self(np.zeros(self.shape[1:], np.uint8))

    @property
    def device(self) -> str:
        """The device in use, one of DEVICES without `auto`."""
        provider = self._session.get_providers()[0]
        return next(device for device, name in PROVIDERS.items() if name == provider)

    def __call__(self, canvas: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Background logits, h x w, of one RGB canvas, H x W x 3."""
        [logit] = self._session.run(None, {"image": canvas[None]})
        return cast("npt.NDArray[np.float32]", logit[0])


def _open(model: Model, device: str, threads: int) -> onnxruntime.InferenceSession:
    available = onnxruntime.get_available_providers()
    wanted = AUTO if device == "auto" else (device,)
    refusals = []
    for candidate in wanted:
        if PROVIDERS[candidate] not in available:
            refusals.append(f"{candidate}: this onnxruntime has only {', '.join(available)}")
            continue
        try:
            session = _session(model, [PROVIDERS[candidate]], threads)
        except ModelError as error:
            # A driver that is there and does not work; the CPU's refusal is the graph's own fault.
            if candidate == wanted[-1]:
                raise
            refusals.append(f"{candidate}: {error}")
            continue
        # A provider that cannot start (no driver, no card) is replaced by the CPU without an exception.
        if session.get_providers()[0] == PROVIDERS[candidate]:
            return session
        refusals.append(f"{candidate}: its provider could not start, see the messages above")
    raise DeviceError("; ".join(refusals))


def _session(model: Model, providers: list[str], threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3  # errors
    # Threads that spin between frames would take the cores that the middleware needs.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(model.graph, options, providers=providers)
    except Exception as error:  # ONNX Runtime's exceptions share no base class of their own
        raise ModelError(f"model {model.name}: ONNX Runtime refuses its graph: {error}") from error
