# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Figure of a benchmark: the time of each system above, the growth of the packaged model below."""

from __future__ import annotations

import io
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bgflow_train.studies.speed.systems import PACKAGED

__all__ = ["plot"]

OURS, OTHERS = "tab:blue", "tab:gray"


def plot(record: dict[str, Any]) -> bytes:
    """Draw a record of `running.benchmark` as a PNG."""
    rows = record["systems"]
    upper = 1.6 + 0.42 * len(rows)
    figure = Figure(figsize=(10, upper + (3.6 if record["growth"] else 0)), layout="constrained")
    if record["growth"]:
        above, below = figure.subfigures(2, 1, squeeze=False, height_ratios=[upper, 3.6])[:, 0]
        sizes, cameras = below.subplots(1, 2)
        _sizes(sizes, record["growth"]["sizes"])
        _cameras(cameras, record["growth"]["cameras"])
        below.suptitle(f"{record['reference']}: growth", fontsize=11)
    else:
        above = figure.subfigures(1, 1, squeeze=False)[0, 0]
    if rows:
        _systems(above.subplots(), record)
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=110)
    return file.getvalue()


def _systems(axis: Axes, record: dict[str, Any]) -> None:
    rows = sorted(record["systems"], key=lambda row: row["median_ms"])
    names = [row["name"] for row in rows]
    places = range(len(rows))
    colours = [OURS if name.startswith(PACKAGED) else OTHERS for name in names]
    p95 = axis.barh(places, [row["p95_ms"] for row in rows], height=0.35, color=colours, alpha=0.35)
    median = axis.barh(places, [row["median_ms"] for row in rows], height=0.7, color=colours)
    # The wider bar is behind, so that p95 stands out of it.
    for front, behind in zip(p95, median, strict=True):
        front.set_zorder(behind.get_zorder() + 1)
    for place, row in zip(places, rows, strict=True):
        end = max(row[key] or 0 for key in ("p95_ms", "median_ms", "bound_ms"))
        text = f"  {_rounded(row['median_ms'])} ms, {_rounded(row['ratio'])} x"
        axis.text(end, place, text, va="center", fontsize=8)
    known = [(place, row["bound_ms"]) for place, row in zip(places, rows, strict=True) if row["bound_ms"]]
    handles, labels = [median, p95], ["median", "95th percentile"]
    if known:
        marks = axis.scatter([bound for _, bound in known], [place for place, _ in known], marker="|", s=220, c="k")
        marks.set_zorder(5)
        handles.append(marks)  # type: ignore[arg-type]
        labels.append("least time of the network's products on this machine")
    axis.set_xscale("log")
    least, most = min(row["bound_ms"] or row["median_ms"] for row in rows), max(row["p95_ms"] for row in rows)
    axis.set_xlim(least / 2, most * (most / least) ** 0.2 * 1.5)  # room for the numbers
    axis.set_yticks(list(places), names)
    axis.invert_yaxis()
    axis.grid(axis="x", alpha=0.3)
    axis.set_xlabel(
        f"milliseconds per image, threads: {record['setting']['threads']}, {record['machine']['processor']}"
    )
    axis.legend(handles, labels, loc="upper center", bbox_to_anchor=(0.4, -0.16), ncols=3, fontsize=8, frameon=False)


def _rounded(number: float) -> str:
    """Format a number with two digits, or all digits before the point."""
    return f"{number:.0f}" if number >= 10 else f"{number:.2g}"


def _sizes(axis: Axes, sizes: list[dict[str, Any]]) -> None:
    for threads in sorted({row["threads"] for row in sizes}):
        rows = [row for row in sizes if row["threads"] == threads]
        names = [f"{row['width']}x{row['height']}" for row in rows]
        axis.plot(names, [row["median_ms"] for row in rows], "o-", label=f"{threads} thread{'s'[: threads - 1]}")
    axis.set_ylim(bottom=0)
    axis.set_xlabel("camera")
    axis.set_ylabel("milliseconds per image")
    axis.grid(alpha=0.3)
    axis.legend(fontsize=8)


def _cameras(axis: Axes, cameras: list[dict[str, Any]]) -> None:
    for threads in sorted({row["threads"] for row in cameras}):
        rows = sorted((row for row in cameras if row["threads"] == threads), key=lambda row: row["cameras"])
        numbers, rates = [row["cameras"] for row in rows], [row["images_per_second"] for row in rows]
        axis.plot(numbers, rates, "o-", label=f"{threads} thread{'s'[: threads - 1]} each")
    axis.set_ylim(bottom=0)
    axis.set_xticks(sorted({row["cameras"] for row in cameras}))
    axis.set_xlabel("cameras, a process each")
    axis.set_ylabel("images a second in all")
    axis.grid(alpha=0.3)
    axis.legend(fontsize=8)
