# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""One session of ONNX Runtime or OpenVINO whose buffers are bound once."""

from __future__ import annotations

import logging
import os
import time
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime

from bgflow_ros.segmentation import providers
from bgflow_ros.segmentation.model import Model, ModelError
from bgflow_ros.segmentation.openvino_session import OpenVinoSession, is_installed
from bgflow_ros.segmentation.pinned import pin
from bgflow_ros.segmentation.providers import AUTO, DEVICES, OPENVINO, PRECISIONS, PROCESSOR, PROVIDERS

__all__ = ["DEVICES", "PRECISIONS", "DeviceError", "Runtime"]

ENOUGH = 0.02
"""Seconds of each core that an image may take for a part of the cores to be enough. A camera of 30 Hz leaves 33 ms, of
which 3 go to the ways to the node and back, and beside camera and receiver the network takes a quarter longer."""
TRIES = 3


class DeviceError(Exception):
    """Device or precision that cannot be used; the message says which ones are available."""


class Runtime:
    """A loaded and warmed-up network: `runtime(canvas)` returns the coarse map of background logits.

    The network reads the memory of `canvas`, so filling it in place, as the segmenter does, saves a copy.

    Args:
        model: the model to run.
        device: one of DEVICES.
        threads: CPU threads for one inference; 0 takes half the cores for int8 if an image then takes ENOUGH seconds of
            each at most, else all.
        precision: one of PRECISIONS.

    Raises:
        DeviceError: the device or precision is unknown, or this installation or machine cannot use it.
        ModelError: the graph cannot be loaded, or has unexpected inputs or outputs.
    """

    def __init__(self, model: Model, device: str = "auto", threads: int = 0, precision: str = "auto") -> None:
        if device not in DEVICES:
            raise DeviceError(f"unknown device {device!r}; expected one of {', '.join(DEVICES)}")
        if precision not in PRECISIONS:
            raise DeviceError(f"unknown precision {precision!r}; expected one of {', '.join(PRECISIONS)}")
        self._load(model, device, threads, precision)
        cores = len(os.sched_getaffinity(0))
        self.threads = providers.threads_of(self.precision, threads) or cores
        """CPU threads of one inference."""
        if not threads and self.threads < cores and self._work() > ENOUGH * self.threads:
            self._load(model, self.device, cores, precision)
            self.threads = cores

    def _load(self, model: Model, device: str, threads: int, precision: str) -> None:
        shape = (1, model.height, model.width, 3)
        grid = (1, model.height // model.stride, model.width // model.stride)
        self.device, self._session = _open(model, device, threads, precision)
        self.precision = providers.precision_of(model, self.device, precision)
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        found = [(i.name, i.type, i.shape) for i in inputs] + [(o.name, o.type, o.shape) for o in outputs]
        expected = [("image", "tensor(uint8)", list(shape)), ("logit", "tensor(float)", list(grid))]
        if found != expected:
            raise ModelError(f"model {model.name}: its graph has {found}; expected {expected}")
        self._image, self._logit = np.zeros(shape, np.uint8), np.zeros(grid, np.float32)
        if self.device not in PROCESSOR:
            pin(self._image)
            pin(self._logit)
        self._binding = self._session.io_binding()
        for bind, name, buffer in (
            (self._binding.bind_input, "image", self._image),
            (self._binding.bind_output, "logit", self._logit),
        ):
            bind(name, "cpu", 0, buffer.dtype.type, buffer.shape, buffer.ctypes.data)
        self.canvas: npt.NDArray[np.uint8] = self._image[0]
        # The first run allocates memory and tunes kernels, which should not delay the first frame.
        try:
            self(self.canvas)
        except ArithmeticError as error:
            raise ModelError(f"model {model.name}: {error}") from error

    def _work(self) -> float:
        """Processor seconds of an image, which other programs that start at the same time leave as they are."""
        seconds = []
        for _ in range(TRIES):
            start = time.process_time()
            self(self.canvas)
            seconds.append(time.process_time() - start)
        return min(seconds)

    def __call__(self, canvas: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Compute the background logits, h x w, of one RGB canvas, H x W x 3; one other than `self.canvas` is copied.

        Raises:
            ArithmeticError: a logit is NaN or infinite, as a broken graph or graphics card makes them.
        """
        if canvas is not self.canvas:
            np.copyto(self.canvas, canvas)
        self._session.run_with_iobinding(self._binding)
        if wrong := np.count_nonzero(~np.isfinite(self._logit)):
            raise ArithmeticError(f"{wrong} of {self._logit.size} logits are not finite")
        logit: npt.NDArray[np.float32] = self._logit[0].copy()
        return logit


def _open(model: Model, device: str, threads: int, precision: str) -> tuple[str, Any]:
    """Open a session on the first device that works; return the device's name and the session."""
    if device == OPENVINO:
        return device, _open_openvino(model, threads, precision)
    available = onnxruntime.get_available_providers()
    wanted = AUTO if device == "auto" else (device,)
    refusals = []
    for candidate in wanted:
        if PROVIDERS[candidate] not in available:
            refusals.append(f"{candidate}: this onnxruntime has only {', '.join(available)}")
            continue
        if reason := providers.refusal(model, candidate, precision):
            refusals.append(f"{candidate}: {reason}")
            continue
        try:
            session = _session(model, candidate, threads, precision)
            if candidate != "cpu":
                _try(session, model, candidate)
        except ModelError as error:
            # A driver or card exists and does not work. Where the last device refuses, the graph is at fault.
            if candidate == wanted[-1]:
                raise
            refusals.append(f"{candidate}: {error}")
            continue
        # ONNX Runtime silently replaces a provider that cannot start (no driver, no card) by the CPU.
        if session.get_providers()[0] == PROVIDERS[candidate]:
            return candidate, session
        refusals.append(f"{candidate}: its provider could not start, see the messages above")
    raise DeviceError("; ".join(refusals))


def _open_openvino(model: Model, threads: int, precision: str) -> OpenVinoSession:
    if not is_installed():
        raise DeviceError("openvino is not installed: in the checkout, pip install '.[openvino]'")
    if reason := providers.refusal(model, OPENVINO, precision):
        raise DeviceError(f"openvino: {reason}")
    resolved = providers.precision_of(model, OPENVINO, precision)
    return OpenVinoSession(model, resolved, providers.threads_of(resolved, threads))


def _try(session: Any, model: Model, device: str) -> None:
    """Run once, because only then it turns out whether the provider has code for this card."""
    try:
        session.run(None, {"image": np.zeros((1, model.height, model.width, 3), np.uint8)})
    except Exception as error:  # see _session
        raise ModelError(f"model {model.name} does not run on {device}: {error}") from error


def _session(model: Model, device: str, threads: int, precision: str) -> Any:
    options = onnxruntime.SessionOptions()
    resolved = providers.precision_of(model, device, precision)
    options.intra_op_num_threads = providers.threads_of(resolved, threads)
    options.log_severity_level = 3  # errors
    # Threads that spin between frames would occupy cores that the middleware needs.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # All weights must be in the graph, whose hash was checked: external files are looked for where there are none.
    options.add_session_config_entry("session.model_external_initializers_file_folder_path", os.devnull)
    cache = None
    if device == "tensorrt":
        try:
            cache = providers.engine_cache(model, precision)
            if not any(cache.glob("*.engine")):
                logging.warning("TensorRT builds an engine for %s in %s, once; this takes minutes", model.name, cache)
            cache.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ModelError(f"no folder for TensorRT's engines, set XDG_CACHE_HOME: {error}") from error
    graph = model.int8 if resolved == "int8" else model.graph
    try:
        return onnxruntime.InferenceSession(graph, options, providers.provider_options(device, precision, cache))
    except Exception as error:  # ONNX Runtime's exceptions share no base class of their own
        raise ModelError(f"model {model.name}: ONNX Runtime refuses its graph: {error}") from error
