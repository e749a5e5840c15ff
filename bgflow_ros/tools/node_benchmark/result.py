# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""What the benchmark of the node finds, and how it follows from what the three processes noted."""

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
    """Of durations, in milliseconds."""

    p50: float
    p95: float
    p99: float
    max: float

    @classmethod
    def of(cls, nanoseconds: Sequence[int]) -> Quantiles:
        """Of durations in nanoseconds, one at least."""
        return cls(*(float(value) for value in np.percentile(np.array(nanoseconds) * 1e-6, [50, 95, 99, 100])))


@dataclass(frozen=True)
class RateResult:
    """One rate's run."""

    rate: float
    """Frames a second that the camera was asked for."""
    seconds: float
    """Length of the measured interval."""
    frames: int
    """Published in it."""
    masks: int
    """Received for these frames."""
    masks_per_second: float
    dropped: dict[str, int]
    """Frames without a mask, by cause."""
    age: Quantiles
    """From the image's stamp to the mask's arrival."""
    way_in: Quantiles
    """Of that, from the stamp to the node's callback."""
    waited: Quantiles
    """Of that, in the mailbox while the frame before was at work."""
    segmenter: Quantiles
    """Of that, the Segmenter's call: letterbox and network."""
    maps: Quantiles
    """Of that, upsampling and threshold."""
    overhead: Quantiles
    """The node's own: from the callback's begin to the last publish's return, less `waited` and `segmenter`; `maps`
    is part of it."""
    way_out: Quantiles
    """Of the age, from the last publish's return to the receiver's callback."""
    cores: float
    """CPU of the node, in cores."""
    idle_cores: float
    """The same while nobody subscribed and the camera went on."""
    memory: Memory
    """Of the node at the end of the interval."""
    other_cores: float
    """CPU that went to neither camera, node, receiver nor the benchmark: large where the machine was not idle."""
    machine_idle: float
    """Share of the machine that did nothing, 0 to 1."""
    counted: dict[str, int]
    """Drops by cause as the node itself counts them, warm-up and end included."""
    ages: list[tuple[float, float]]
    """For each mask: when its frame was published, in seconds from the interval's begin, and its age in ms."""


@dataclass(frozen=True)
class NodeResult:
    """All of it, ready for `dataclasses.asdict` and JSON."""

    machine: dict[str, str]
    node: dict[str, str]
    """Model, its SHA-256, the device in use and ROS's middleware, as the node tells them."""
    parameters: dict[str, str]
    camera: str
    """Size, encoding and reliability."""
    transport: str
    """Name of the Fast DDS profile in use, or that there is none."""
    rates: list[RateResult]


@dataclass(frozen=True)
class Notes:
    """What was noted in one run. Moments are nanoseconds of the system's clock."""

    begin: int
    end: int
    stamps: Sequence[int]
    """Of all frames that the camera published."""
    arrivals: Mapping[int, int]
    """Of masks, by stamp."""
    timed: Mapping[str, Any]
    """What `timed` wrote: frames (see `timed.Timing`) and drops."""


def rate_result(rate: float, notes: Notes, usage: Usage, idle: Usage, memory: Memory) -> RateResult:
    """Judge the frames that were published within the interval.

    Raises:
        BenchmarkError: none of them was answered.
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
        ages=[((stamp - notes.begin) * 1e-9, (notes.arrivals[stamp] - stamp) * 1e-6) for stamp in masks],
    )


def _waited(frame: Mapping[str, int]) -> int:
    # The inference thread may take the frame before the callback that left it has ended.
    return max(frame["taken"] - frame["left"], 0)


def _cause(timing: Mapping[str, int] | None) -> str:
    """Say why a frame has no mask, from how far it came."""
    if timing is None:
        return "lost before the node"
    if timing["refused"]:
        return "max_rate"
    if not timing["taken"]:
        return "superseded"
    return "lost after the node" if timing["published"] else "not answered"


def table(result: NodeResult) -> str:
    """Write everything as Markdown: what was measured, a column a rate, where."""
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
        f"{result.node['precision']}, parameters {_listed(result.parameters) or 'as they come'}; "
        f"camera {result.camera}; {result.node['rmw']}, its profile {result.transport}. {_listed(result.machine)}.",
    ]
    return "\n".join(lines) + "\n"


def _listed(values: Mapping[str, object]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())


def _causes(dropped: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {cause}" for cause, count in dropped.items()) or "0"


def _quantiles(values: Quantiles, digits: int = 1) -> str:
    return " / ".join(f"{value:.{digits}f}" for value in (values.p50, values.p95, values.p99, values.max))
