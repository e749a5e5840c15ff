# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Measurement of the node. Imports no rclpy, which only the child processes need."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bgflow_ros.node.fastdds import profile
from bgflow_ros.segmentation.usage import Meter, machine, memory
from bgflow_ros.tools.node_benchmark.children import (
    ACTIVE,
    PUBLISHING,
    RECEIVED,
    TRANSPORTS,
    BenchmarkError,
    Children,
    environment,
)
from bgflow_ros.tools.node_benchmark.limiter import Limit
from bgflow_ros.tools.node_benchmark.result import NodeResult, Notes, RateResult, rate_result

__all__ = ["BenchmarkError", "Setup", "measure_node"]

START = 600.0
"""Seconds in which the node must become active; TensorRT builds an engine for minutes."""
MEET = 20.0
"""Seconds in which processes that are ready must find each other."""
SETTLE = 1.0
"""Seconds for the node's subscription to follow the camera's reliability, which it checks twice a second."""
LAST = 0.5
"""Seconds for which the camera goes on after the interval, so that the last frames are answered like the others."""


@dataclass(frozen=True)
class Setup:
    """Settings of a measurement."""

    parameters: Mapping[str, object] = field(default_factory=dict)
    """Parameters of the node that differ from its defaults (`model`, `device`, `threads`, ...)."""
    rates: Sequence[float] = (30.0, 60.0)
    """Rates of the camera in frames per second, with one run for each."""
    seconds: float = 20.0
    """Length of the measured interval."""
    warm_up: float = 2.0
    """Seconds between the first mask and the interval."""
    idle: float = 3.0
    """Seconds without a subscriber, before the warm-up."""
    camera: tuple[int, int] = (640, 480)
    """Width and height of the images, which are rgb8."""
    best_effort: bool = False
    """The camera publishes best effort; otherwise reliable."""
    outputs: Sequence[str] = ("foreground_mask",)
    """Names of the outputs that are received."""
    transport: str = "shared_memory"
    """One of TRANSPORTS."""
    limit: Limit | None = None
    """What the node may use of the machine; None for all of it."""


def measure_node(setup: Setup, tell: Callable[[str], object] = lambda line: None) -> NodeResult:
    """Run camera, node and receiver as three processes, once for each rate of the camera.

    Args:
        setup: settings of the measurement.
        tell: is called with a line before each run.

    Raises:
        BenchmarkError: rclpy is missing, the settings are impossible, the node cannot start, or a process ended.
    """
    if importlib.util.find_spec("rclpy") is None:
        raise BenchmarkError("needs rclpy: source a ROS 2 installation, or pip install -r requirements/ros.txt")
    _check(setup)
    runs: list[RateResult] = []
    node: dict[str, str] = {}
    for rate in setup.rates:
        tell(f"{rate:g} Hz: {setup.idle:g} s without a subscriber, {setup.warm_up:g} s to warm up, {setup.seconds:g} s")
        run, node = _measure_rate(setup, rate)
        runs.append(run)
    width, height = setup.camera
    return NodeResult(
        machine=machine(),
        node=node,
        parameters={name: str(value) for name, value in setup.parameters.items()},
        camera=f"{width}x{height} rgb8, {'best effort' if setup.best_effort else 'reliable'}",
        transport=Path(profile(environment(setup.transport))).name or "as the middleware has it",
        rates=runs,
        outputs=list(setup.outputs),
        limit="" if setup.limit is None else str(setup.limit),
    )


def _check(setup: Setup) -> None:
    if not setup.rates or min(*setup.rates, setup.seconds, setup.idle, *setup.camera) <= 0 or setup.warm_up < 0:
        raise BenchmarkError("rates, seconds and the camera's width and height must be more than 0")
    if not setup.outputs:
        raise BenchmarkError("nothing is received; expected the name of an output")
    if setup.transport not in TRANSPORTS:
        raise BenchmarkError(f"transport is {setup.transport!r}; expected one of {', '.join(TRANSPORTS)}")


def _measure_rate(setup: Setup, rate: float) -> tuple[RateResult, dict[str, str]]:
    own = environment(setup.transport)
    with tempfile.TemporaryDirectory(prefix="bgflow-") as name:
        folder = Path(name)
        files = {child: folder / f"{child}.json" for child in ("node", "camera", "receiver")}
        with Children(folder, own) as children:

            def start(child: str, module: str, *arguments: str, processors: Sequence[int] | None = None) -> int:
                return children.start(child, [*_program(module), str(files[child]), *arguments], processors)

            given = [part for name, value in setup.parameters.items() for part in ("-p", f"{name}:={value}")]
            limit = setup.limit
            begun = time.monotonic()
            node = start(
                "node", "timed", "--ros-args", *given, processors=None if limit is None else limit.processors()
            )
            if limit is not None and limit.share < 1:
                children.start("limiter", [*_program("limiter"), str(node), str(limit.share)])
            children.wait_for("node", ACTIVE, START)
            started = time.monotonic() - begun
            size = [str(side) for side in setup.camera]
            effort = ["--best-effort"] if setup.best_effort else []
            camera = start("camera", "camera", "--rate", str(rate), *effort, "--size", *size)
            children.wait_for("camera", PUBLISHING, MEET)
            children.sleep(SETTLE)
            meter = Meter({"node": node})
            children.sleep(setup.idle)
            idle = meter.usage()
            receiver = start("receiver", "receiver", *setup.outputs)
            children.wait_for("receiver", RECEIVED, MEET)
            children.sleep(setup.warm_up)
            begin = time.time_ns()
            meter = Meter({"node": node, "camera": camera, "receiver": receiver, "benchmark": os.getpid()})
            children.sleep(setup.seconds)
            end, usage, held = time.time_ns(), meter.usage(), memory(node)
            children.sleep(LAST)
        # The context has ended them, and each wrote its file on the way.
        notes = {child: _read(file) for child, file in files.items()}
    noted = Notes(begin, end, notes["camera"], dict(notes["receiver"]), notes["node"])
    return rate_result(rate, noted, usage, idle, held, started), notes["node"]["node"]


def _program(module: str) -> list[str]:
    return [sys.executable, "-m", f"bgflow_ros.tools.node_benchmark.{module}"]


def _read(file: Path) -> Any:
    try:
        return json.loads(file.read_text())
    except FileNotFoundError as error:
        raise BenchmarkError(f"the {file.stem} did not exit in time; no results") from error
