# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Examination of this machine: versions, hardware, ROS, and the model on each device."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Iterator
from importlib.util import find_spec
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
import onnxruntime

from bgflow_ros import __version__
from bgflow_ros.node import fastdds
from bgflow_ros.segmentation import masks
from bgflow_ros.segmentation.hardware import Card, byte_products, cards, processor
from bgflow_ros.segmentation.model import Model, ModelError
from bgflow_ros.segmentation.packages import installed
from bgflow_ros.segmentation.providers import OFFERED, PROCESSOR, PROVIDERS
from bgflow_ros.segmentation.runtime import DeviceError, Runtime

__all__ = ["Finding", "examine"]

SERVED_FROM, ONCE_SERVED_FROM = 7.5, 6.0
"""Least compute capability that current wheels of onnxruntime-gpu have code for, and that of older ones. The wheel of
1.31 has code for 7.5 (Turing: GTX 16, RTX 20), 8.0, 8.6, 8.9, 9.0 and 12.0, and none that a driver could compile for
others; that of 1.26 for 6.0 (Pascal), 7.0, 7.5, 8.0, 8.6 and 9.0."""
LAST_FOR_PASCAL = (1, 26)
"""Last version of onnxruntime-gpu with code for ONCE_SERVED_FROM, see requirements/gtx10.txt."""
PACKAGES = ("onnxruntime", "onnxruntime-gpu", "openvino", "numpy", "opencv-python", "opencv-python-headless", "rosbags")
FRAMES = 20
DIFFERENT = 0.1
"""Mean difference in likelihood from float32 on the processor, at and above which a result is wrong."""


class Finding(NamedTuple):
    """One line of the report."""

    subject: str
    text: str
    good: bool | None = None
    """True or False for a good or a bad finding, None where there is nothing to judge."""


def examine(model: Model, devices: tuple[str, ...]) -> Iterator[Finding]:
    """Examine versions, hardware and ROS, then run the model on each device.

    Args:
        model: model to run.
        devices: devices to try, of `providers.DEVICES` without `auto`.
    """
    yield Finding(
        "bgflow", f"{__version__}, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    )
    yield Finding("packages", ", ".join(f"{name} {found}" for name, found in installed(PACKAGES).items()))
    yield from _ros()
    kind = byte_products()
    fast = f"has {kind}: int8 is taken" if kind else "has no VNNI, AVX2 or dot product: float32 is taken"
    yield Finding("processor", f"{processor()}, {len(os.sched_getaffinity(0))} cores to use; {fast}")
    listed = cards()
    for card in listed:
        yield _served(card)
    if not listed:
        yield Finding("card", "none: nvidia-smi is missing or lists no card")
    yield from _providers(bool(listed))
    reference = Runtime(model, "cpu", precision="float32")
    for device in devices:
        for precision in OFFERED[device]:
            yield _run(model, device, precision, reference)
    yield _run(model, "auto", "auto", reference)


def _ros() -> Iterator[Finding]:
    if find_spec("rclpy") is None:
        yield Finding(
            "ROS", "rclpy is missing: source a ROS 2 installation, or pip install -r requirements/ros.txt", False
        )
        return
    names = ("ROS_DISTRO", "RMW_IMPLEMENTATION", "ROS_DOMAIN_ID", *fastdds.PROFILES, fastdds.TRANSPORTS)
    said = ", ".join(f"{name}={os.environ[name]}" for name in names if name in os.environ)
    yield Finding("ROS", f"rclpy is installed; {said or 'no ROS variable is set'}", True)
    if not fastdds.profile(os.environ) and "fast" in os.environ.get("RMW_IMPLEMENTATION", "fast"):
        yield Finding("ROS", "no Fast DDS profile is set: a camera started so loses large images, see doc/node.md")


def _served(card: Card) -> Finding:
    text = f"{card.name}, {card.memory} MiB, driver {card.driver}, compute capability {card.capability}"
    if card.capability >= SERVED_FROM:
        return Finding("card", text, True)
    if card.capability >= ONCE_SERVED_FROM:
        older = "current wheels of onnxruntime-gpu have no code for it: pip install -r requirements/gtx10.txt"
        served = tuple(map(int, onnxruntime.__version__.split(".")[:2])) <= LAST_FOR_PASCAL
        return Finding("card", text if served else f"{text}; {older}", served)
    none = "no wheel of onnxruntime-gpu that reads these models has code for it: use the processor"
    return Finding("card", f"{text}; {none}", False)


def _providers(has_card: bool) -> Iterator[Finding]:
    available = onnxruntime.get_available_providers()
    names = [device for device, name in PROVIDERS.items() if name in available]
    yield Finding("onnxruntime", f"{onnxruntime.__version__} with {', '.join(names)}")
    if has_card and "cuda" not in names:
        swap = "exchange onnxruntime for onnxruntime-gpu, as doc/install.md says"
        yield Finding("onnxruntime", f"there is a card, but this onnxruntime cannot use it: {swap}", False)
    if len(installed(("onnxruntime", "onnxruntime-gpu"))) > 1:
        clash = (
            "onnxruntime and onnxruntime-gpu are both installed and overwrite each other: uninstall both, install one"
        )
        yield Finding("onnxruntime", clash, False)


def _run(model: Model, device: str, precision: str, reference: Runtime) -> Finding:
    """Time the network, and compare its likelihoods with float32 on the processor."""
    subject = f"{device}, {precision}"
    start = time.perf_counter()
    try:
        runtime = Runtime(model, device, precision=precision)
    except (DeviceError, ModelError) as error:
        return Finding(subject, str(error))
    loaded = time.perf_counter() - start
    canvas = _image(model)
    difference = float(np.abs(masks.likelihood(runtime(canvas)) - masks.likelihood(reference(canvas))).mean())
    times = []
    for _ in range(FRAMES):
        start = time.perf_counter()
        runtime(runtime.canvas)
        times.append(1e3 * (time.perf_counter() - start))
    threads = f" with {runtime.threads} threads" if runtime.device in PROCESSOR else ""
    text = (
        f"runs on {runtime.device} in {runtime.precision}{threads}: {statistics.median(times):.1f} ms a frame, "
        f"loaded in {loaded:.1f} s, mean likelihood difference to float32: {difference:.4f}"
    )
    return Finding(subject, text, difference < DIFFERENT)


def _image(model: Model) -> npt.NDArray[np.uint8]:
    """Make an image of coloured patches and noise, with enough contrast to tell right arithmetic from wrong."""
    random = np.random.default_rng(0)
    patches = random.integers(0, 256, (6, 8, 3), np.uint8)
    image = cv2.resize(patches, (model.width, model.height), interpolation=cv2.INTER_CUBIC)
    noise = random.integers(0, 20, image.shape, np.uint8)
    return np.asarray(cv2.add(image, noise), np.uint8)
