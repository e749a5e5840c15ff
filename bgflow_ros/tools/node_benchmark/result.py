# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Result of the benchmark of the node, computed from the records of its three processes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bgflow_ros.segmentation.usage import Memory, Usage
from bgflow_ros.tools.node_benchmark.children import BenchmarkError

__all__ = ["NodeResult", "Notes", "Quantiles", "RateResult", "rate_result", "table"]


@dataclass(frozen=True)
class Quantiles:
    """Quantiles of durations, in milliseconds."""

    p50: float
    p95: float
    p99: float
    max: float

    @classmethod
    def of(cls, nanoseconds: Sequence[int]) -> Quantiles:
        """Compute them from at least one duration in nanoseconds."""
        return cls(*(float(value) for value in np.percentile(np.array(nanoseconds) * 1e-6, [50, 95, 99, 100])))


@dataclass(frozen=True)
class RateResult:
    """Result of the run at one rate of the camera."""

    rate: float
    """Rate that the camera was asked for, in frames per second."""
    seconds: float
    """Length of the measured interval, in seconds."""
    frames: int
    """Frames published in the interval."""
    masks: int
    """Masks received for these frames."""
    masks_per_second: float
    dropped: dict[str, int]
    """Number of frames without a mask, by cause."""
    age: Quantiles
    """Time from the stamp of an image to the arrival of the last of its outputs."""
    way_in: Quantiles
    """Part of `age` from the stamp to the node's callback."""
    waited: Quantiles
    """Part of `age` in the mailbox, while the previous frame was in work."""
    segmenter: Quantiles
    """Part of `age` in the call of the Segmenter: letterbox and network."""
    maps: Quantiles
    """Part of `age` for upsampling and thresholds."""
    overhead: Quantiles
    """Overhead of the node: from the begin of the callback to the return of the last publish, less `waited` and
    `segmenter`; includes `maps`."""
    way_out: Quantiles
    """Part of `age` from the return of the last publish to the receiver's callback."""
    cores: float
    """CPU use of the node, in cores."""
    idle_cores: float
    """CPU use of the node in cores while the camera published and masks had no subscriber."""
    memory: Memory
    """Memory of the node at the end of the interval."""
    other_cores: float
    """CPU use in cores of all other processes on the machine; large where the machine was not idle."""
    machine_idle: float
    """Idle share of the machine's CPU time, 0 to 1."""
    counted: dict[str, int]
    """Drops by cause as counted by the node itself, including warm-up and end."""
    start: float
    """Seconds from the start of the node's process until it was active, which includes imports, the session and its
    warm-up."""
    ages: list[tuple[float, float]]
    """Publication of its frame, in seconds since the begin of the interval, and age in ms of each mask."""


@dataclass(frozen=True)
class NodeResult:
    """Result of all runs, ready for `dataclasses.asdict` and JSON."""

    machine: dict[str, str]
    node: dict[str, str]
    """Model, SHA-256, device, precision and CPU threads in use, and the middleware of ROS, as the node reports them."""
    parameters: dict[str, str]
    camera: str
    """Size, encoding and reliability."""
    transport: str
    """Name of the Fast DDS profile in use, or a note that there is none."""
    outputs: list[str]
    """Names of the outputs that were received."""
    rates: list[RateResult]
    limit: str = ""
    """Part of the machine that the node was limited to; empty without a limit."""


@dataclass(frozen=True)
class Notes:
    """Records of one run. Times are nanoseconds of the system's clock."""

    begin: int
    end: int
    stamps: Sequence[int]
    """Stamps of all frames that the camera published."""
    arrivals: Mapping[int, int]
    """Arrivals of masks, by stamp."""
    timed: Mapping[str, Any]
    """Content of the file of `timed`: frames (see `timed.Timing`) and drops."""


def rate_result(rate: float, notes: Notes, usage: Usage, idle: Usage, memory: Memory, start: float) -> RateResult:
    """Compute the result from the frames that were published within the interval.

    Raises:
        BenchmarkError: no mask came for any of them.
    """
    stamps = [stamp for stamp in notes.stamps if notes.begin <= stamp < notes.end]
    seconds = (notes.end - notes.begin) * 1e-9
    timings = {frame["stamp"]: frame for frame in notes.timed["frames"]}
    masks = [stamp for stamp in stamps if stamp in notes.arrivals]
    if not masks:
        raise BenchmarkError(f"no mask came for any of {len(stamps)} frames at {rate:g} Hz in {seconds:.1f} s")
    worked = [timings[stamp] for stamp in masks]

    def quantiles(duration: Callable[[dict[str, int]], int]) -> Quantiles:
        return Quantiles.of([duration(frame) for frame in worked])

    dropped: dict[str, int] = {}
    for stamp in stamps:
        if stamp not in notes.arrivals:
            cause = _cause(timings.get(stamp))
            dropped[cause] = dropped.get(cause, 0) + 1
    return RateResult(
        rate=rate,
        seconds=seconds,
        frames=len(stamps),
        masks=len(masks),
        masks_per_second=len(masks) / seconds,
        dropped=dropped,
        age=Quantiles.of([notes.arrivals[stamp] - stamp for stamp in masks]),
        way_in=quantiles(lambda frame: frame["arrived"] - frame["stamp"]),
        waited=quantiles(_waited),
        segmenter=quantiles(lambda frame: frame["segmenter"]),
        maps=quantiles(lambda frame: frame["maps"]),
        overhead=quantiles(
            lambda frame: frame["published"] - frame["begun"] - _waited(frame) - frame["segmenter"],
        ),
        way_out=quantiles(
            lambda frame: notes.arrivals[frame["stamp"]] - frame["arrived"] - (frame["published"] - frame["begun"])
        ),
        cores=usage.cores["node"],
        idle_cores=idle.cores["node"],
        memory=memory,
        other_cores=usage.other,
        machine_idle=usage.idle,
        counted=dict(notes.timed["drops"]),
        start=start,
        ages=[((stamp - notes.begin) * 1e-9, (notes.arrivals[stamp] - stamp) * 1e-6) for stamp in masks],
    )


def _waited(frame: Mapping[str, int]) -> int:
    # The inference thread may take the frame before the callback that left it has ended.
    return max(frame["taken"] - frame["left"], 0)


def _cause(timing: Mapping[str, int] | None) -> str:
    """Name the reason why a frame has no mask, from the last step that it reached."""
    if timing is None:
        return "lost before the node"
    if timing["refused"]:
        return "max_rate"
    if not timing["taken"]:
        return "superseded"
    return "lost after the node" if timing["published"] else "not answered"


def table(result: NodeResult) -> str:
    """Write a result as Markdown: a table with a column for each rate, and a line about the setting and the machine."""
    rows: list[tuple[str, Callable[[RateResult], str]]] = [
        ("frames published", lambda rate: str(rate.frames)),
        ("masks received", lambda rate: str(rate.masks)),
        ("masks a second", lambda rate: f"{rate.masks_per_second:.1f}"),
        ("frames without a mask", lambda rate: _causes(rate.dropped)),
        ("age p50 / p95 / p99 / max, ms", lambda rate: _quantiles(rate.age)),
        ("- from the stamp to the node", lambda rate: _quantiles(rate.way_in)),
        ("- waiting for the frame before", lambda rate: _quantiles(rate.waited)),
        ("- letterbox and network", lambda rate: _quantiles(rate.segmenter)),
        ("- the node's own overhead", lambda rate: _quantiles(rate.overhead, 2)),
        ("- - of it upsampling and threshold", lambda rate: _quantiles(rate.maps, 2)),
        ("- from the node to the receiver", lambda rate: _quantiles(rate.way_out)),
        ("CPU of the node, cores", lambda rate: f"{rate.cores:.2f}"),
        ("the same without a subscriber", lambda rate: f"{rate.idle_cores:.3f}"),
        ("memory peak / at the end, MB", lambda rate: f"{rate.memory.peak:.0f} / {rate.memory.resident:.0f}"),
        ("from its start to active, s", lambda rate: f"{rate.start:.2f}"),
        ("threads", lambda rate: str(rate.memory.threads)),
        ("CPU of others on the machine, cores", lambda rate: f"{rate.other_cores:.2f}"),
        ("the machine was idle, %", lambda rate: f"{100 * rate.machine_idle:.0f}"),
    ]
    lines = [
        "| | " + " | ".join(f"{rate.rate:g} Hz" for rate in result.rates) + " |",
        "| --- |" + " --- |" * len(result.rates),
        *(f"| {name} | " + " | ".join(tell(rate) for rate in result.rates) + " |" for name, tell in rows),
        "",
        f"Model {result.node['model']} ({result.node['sha256'][:12]}) on {result.node['device']} in "
        f"{result.node['precision']} with {result.node['threads']} threads, "
        f"parameters {_listed(result.parameters) or 'as they come'}; "
        f"camera {result.camera}; received {', '.join(result.outputs)}; "
        f"{result.node['rmw']}, its profile {result.transport}. {_listed(result.machine)}."
        + (f" The node was limited to {result.limit}." if result.limit else ""),
    ]
    return "\n".join(lines) + "\n"


def _listed(values: Mapping[str, object]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())


def _causes(dropped: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {cause}" for cause, count in dropped.items()) or "0"


def _quantiles(values: Quantiles, digits: int = 1) -> str:
    return " / ".join(f"{value:.{digits}f}" for value in (values.p50, values.p95, values.p99, values.max))
