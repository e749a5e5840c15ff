# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Report of a soak: numbers, a table and a plot."""

from __future__ import annotations

import io
import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from bgflow_ros.segmentation.files import write_atomically

__all__ = ["Sample", "Soaked", "write"]

SETTLED = 300.0
"""Seconds after which memory and age must not grow any more."""
WINDOW = 60.0
"""Seconds at the start and at the end of the remaining time, whose medians are compared."""
GROWTH = 5.0
"""Allowed growth of private memory between the two, in megabytes."""
OLDER = 5.0
"""Allowed growth of the median age between the two, in milliseconds, on a shared machine."""
SUMMARY = ("unaccounted", "grown", "resident_grown", "slope", "older")
"""Derived quantities of a soak that are reported."""


@dataclass(frozen=True)
class Sample:
    """Resources of the node at one time."""

    seconds: float
    resident: float
    """Resident memory in megabytes."""
    private: float
    """Private memory in megabytes, neither backed by files nor shared with other processes."""
    threads: int
    handles: int
    """Number of open files."""


@dataclass
class Soaked:
    """Measurements of a soak."""

    seed: int
    minutes: float
    published: int = 0
    masks: int = 0
    gaps: int = 0
    """Masks missing between those received."""
    received: int = 0
    answered: int = 0
    """Frames answered according to the node's diagnostics."""
    dropped: dict[str, int] = field(default_factory=dict)
    lost: int = 0
    """Frames that the middleware did not deliver, counted by gaps in their publication sequence."""
    faults: list[tuple[float, str]] = field(default_factory=list)
    """Start in seconds since the beginning and name of each fault."""
    samples: list[Sample] = field(default_factory=list)
    ages: list[tuple[float, float]] = field(default_factory=list)
    """Seconds since the beginning and age in milliseconds of each undisturbed mask."""
    machine: dict[str, str] = field(default_factory=dict)

    @property
    def unaccounted(self) -> int:
        """Frames that were delivered and neither answered nor counted."""
        return self.received - self.answered - sum(self.dropped.values())

    @property
    def grown(self) -> float:
        """Megabytes of private memory gained after it had settled; NaN after a short soak."""
        return _growth([(sample.seconds, sample.private) for sample in self.samples])

    @property
    def resident_grown(self) -> float:
        """Megabytes of resident memory gained after it had settled, including memory shared by the middleware."""
        return _growth([(sample.seconds, sample.resident) for sample in self.samples])

    @property
    def slope(self) -> float:
        """Megabytes of private memory an hour, by least squares, after it had settled; NaN after a short soak."""
        settled = [(s.seconds / 3600, s.private) for s in self.samples if s.seconds >= SETTLED]
        return float(np.polyfit(*zip(*settled, strict=True), 1)[0]) if len(settled) > 10 else float("nan")

    @property
    def older(self) -> float:
        """Milliseconds that the median age grew; NaN after a short soak."""
        return _growth(self.ages)

    def failures(self) -> list[str]:
        """Messages about all that was not as it should be."""
        found = []
        if self.unaccounted:
            found.append(f"{self.unaccounted} frames were delivered and neither answered nor counted")
        if self.grown > GROWTH:
            found.append(f"private memory grew by {self.grown:.1f} MB; at most {GROWTH:g} expected")
        if self.older > OLDER:
            found.append(f"masks became {self.older:.1f} ms older; at most {OLDER:g} expected")
        return found


def _growth(series: list[tuple[float, float]]) -> float:
    """Difference of the medians of a minute after SETTLED and of the last one."""
    if not series or series[-1][0] < SETTLED + 2 * WINDOW:
        return float("nan")
    end = series[-1][0] - WINDOW
    early = [value for seconds, value in series if SETTLED <= seconds < SETTLED + WINDOW]
    late = [value for seconds, value in series if seconds >= end]
    return float(np.median(late) - np.median(early)) if early and late else float("nan")


def write(soaked: Soaked, folder: Path) -> None:
    """Write soak.json, soak.md and soak.png."""
    numbers = asdict(soaked) | {name: getattr(soaked, name) for name in SUMMARY}
    del numbers["ages"]  # too many; the table has their percentiles
    write_atomically(folder / "soak.json", (json.dumps(numbers, indent=1) + "\n").encode())
    write_atomically(folder / "soak.md", _table(soaked).encode())
    _plot(soaked, folder / "soak.png")


def _table(soaked: Soaked) -> str:
    rows: list[tuple[str, Any]] = [
        ("frames published", soaked.published),
        ("received by the node", soaked.received),
        ("answered", soaked.answered),
        *((f"dropped: {cause}", count) for cause, count in sorted(soaked.dropped.items())),
        ("received, neither answered nor counted", soaked.unaccounted),
        ("lost on the way to the node", soaked.lost),
        ("masks received", soaked.masks),
        ("masks lost on the way from the node", soaked.gaps),
        ("private memory, grown after minute 5", f"{soaked.grown:.1f} MB"),
        ("the same, slope", f"{soaked.slope:.1f} MB/h"),
        ("resident memory with what is shared, grown after minute 5", f"{soaked.resident_grown:.1f} MB"),
        ("median age, grown after minute 5", f"{soaked.older:.1f} ms"),
        ("threads, at minute 1 and at the end", _ends(soaked, "threads")),
        ("open files, at minute 1 and at the end", _ends(soaked, "handles")),
    ]
    lines = [
        f"# {soaked.minutes:g} minutes with faults, seed {soaked.seed}",
        "",
        "| what | |",
        "| --- | ---: |",
        *(f"| {name} | {value} |" for name, value in rows),
        "",
        "Frames that were published and not received lay in the middleware while the node was inactive, paused or "
        "had no subscriber.",
        "",
        "Ages of masks, from their frame's publication to the receiver, while nothing was wrong, in ms:",
        "",
        "| minutes | masks | p50 | p95 | p99 |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for start in np.arange(0, soaked.minutes, max(soaked.minutes / 6, 1)):
        end = start + max(soaked.minutes / 6, 1)
        ages = [age for seconds, age in soaked.ages if start <= seconds / 60 < end]
        if ages:
            p50, p95, p99 = np.percentile(ages, (50, 95, 99))
            lines.append(f"| {start:.0f} to {end:.0f} | {len(ages)} | {p50:.0f} | {p95:.0f} | {p99:.0f} |")
    counts = Counter(name for _, name in soaked.faults)
    faults = ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
    machine = "; ".join(f"{name} {value}" for name, value in soaked.machine.items())
    return "\n".join([*lines, "", f"Faults: {faults}.", "", f"{machine}.", ""])


def _ends(soaked: Soaked, name: str) -> str:
    early = next((sample for sample in soaked.samples if sample.seconds >= 60), soaked.samples[0])
    return f"{getattr(early, name)}, {getattr(soaked.samples[-1], name)}"


def _plot(soaked: Soaked, path: Path) -> None:
    from matplotlib.figure import Figure  # slow to import, and nothing else needs it

    figure = Figure(figsize=(9, 5), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True)
    minutes = [sample.seconds / 60 for sample in soaked.samples]
    above.plot(minutes, [sample.resident for sample in soaked.samples], label="resident, with files and what is shared")
    above.plot(minutes, [sample.private for sample in soaked.samples], label="private")
    above.legend(loc="lower right")
    above.set_ylabel("memory, MB")
    above.set_ylim(bottom=0)
    if soaked.ages:
        seconds, ages = np.array(soaked.ages).T
        bins = np.arange(0, seconds[-1] + 30, 30)
        places = np.digitize(seconds, bins)
        for percentile in (50, 95, 99):
            points = [(bins[b] / 60, np.percentile(ages[places == b], percentile)) for b in np.unique(places)]
            below.plot(*zip(*points, strict=True), label=f"p{percentile}")
        below.legend(loc="upper right")
    below.set(xlabel="minutes", ylabel="age of masks, ms", ylim=(0, None))
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=110)
    write_atomically(path, file.getvalue())
