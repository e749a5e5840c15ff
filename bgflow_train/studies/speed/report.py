# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Report of a benchmark as JSON, Markdown and a figure."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bgflow_ros.segmentation.files import write_atomically
from bgflow_train.studies.speed.plot import plot

__all__ = ["markdown", "write_report"]


def write_report(record: dict[str, Any], out: Path) -> Path:
    """Write benchmark.json, benchmark.md and benchmark.png.

    Args:
        record: record of `running.benchmark`.
        out: folder to write to.

    Returns:
        Path of the Markdown file.
    """
    write_atomically(out / "benchmark.json", (json.dumps(record, indent=1) + "\n").encode())
    write_atomically(out / "benchmark.png", plot(record))
    write_atomically(out / "benchmark.md", markdown(record).encode())
    return out / "benchmark.md"


def markdown(record: dict[str, Any]) -> str:
    """Write a record as Markdown tables with explanations."""
    machine, setting, shown = record["machine"], record["setting"], record["pictures"]
    where = " and ".join([machine["processor"], *(card["name"] for card in machine["cards"])])
    lines = [
        "# Benchmark",
        "",
        f"On {where} ({machine['cores']} cores, {', '.join(machine['flags']) or 'no flags of interest'}), device "
        f"{setting['device']}, {setting['threads']} thread{'s'[: setting['threads'] - 1]} a system; "
        f"{setting['rounds']} rounds of {setting['frames']} images, in which every system had its turn; "
        f"images: {shown['source']}, {', '.join(shown['sizes'])}. "
        f"Network input {'x'.join(map(str, record['network_input']))}. "
        "Versions, hashes and every number: `benchmark.json`.",
        "",
    ]
    if record["systems"]:
        lines += _systems(record)
    missing = {**record["left_out"], **record["failed"]}
    if missing:
        lines += ["", "Not measured:", ""]
        lines += [f"- {name}: {why}" for name, why in missing.items()]
    if record["growth"]:
        lines += ["", f"## Growth of {record['reference']}", "", *_sizes(record["growth"]["sizes"])]
        lines += ["", *_cameras(record["growth"]["cameras"])]
    return "\n".join(lines) + "\n"


def _systems(record: dict[str, Any]) -> list[str]:
    reference = record["reference"]
    lines = [
        f"| system | ratio to {reference} | ms | p95 ms | network ms | CPU ms | MB | load s | GMAC | parameters, M "
        "| bound ms | gap |",
        "| --- |" + " --- |" * 11,
    ]
    for row in record["systems"]:
        low, high = row["ratio_range"]
        spread = "" if row["name"] == reference else f" ({low:.2f} to {high:.2f})"
        least, gap = ("", "") if row["bound_ms"] is None else (f"{row['bound_ms']:.1f}", f"{row['gap']:.1f}")
        int8 = f" ({row['gmac_int8']:.2f} in 8 bits)" if row["gmac_int8"] else ""
        mark = "*" if row["nodes_uncounted"] else ""
        lines.append(
            f"| {row['name']} | {row['ratio']:.2f}{spread} | {row['median_ms']:.1f} | {row['p95_ms']:.1f} "
            f"| {row['network_ms']:.1f} | {row['cpu_ms']:.1f} | {row['peak_mb']:.0f} | {row['load_s']:.1f} "
            f"| {row['gmac']:.2f}{mark}{int8} | {row['parameters'] / 1e6:.1f} | {least} | {gap} |"
        )
    lines += ["", *(f"- *{row['name']}*: {row['about']}" for row in record["systems"]), ""]
    if any(row["nodes_uncounted"] for row in record["systems"]):
        lines += ["\\* Some nodes have no fixed shape and are not counted.", ""]
    limits = record["limits"]
    if limits:
        lines.append(
            f"This machine's limits with these threads: {limits['float32'] / 1e9:.0f} GMAC/s in float32, "
            f"{limits['int8'] / 1e9:.0f} in 8 bits, {limits['bandwidth'] / 1e9:.0f} GB/s of memory. `bound` is what a "
            "network's products would take at these rates, `gap` how many times that the network took."
        )
    return lines


def _sizes(sizes: list[dict[str, Any]]) -> list[str]:
    lines = ["| camera | threads | ms | p95 ms |", "| --- | --- | --- | --- |"]
    for row in sizes:
        camera = f"{row['width']}x{row['height']}"
        lines.append(f"| {camera} | {row['threads']} | {row['median_ms']:.1f} | {row['p95_ms']:.1f} |")
    return lines


def _cameras(cameras: list[dict[str, Any]]) -> list[str]:
    """Write a table of throughput: a row for each number of cameras, a column for each number of threads."""
    threads = sorted({row["threads"] for row in cameras})
    head = " | ".join(f"images/s in all, {n} thread{'s'[: n - 1]} each" for n in threads)
    lines = [f"| cameras | {head} |", "| --- |" + " --- |" * len(threads)]
    rates = {(row["cameras"], row["threads"]): row["images_per_second"] for row in cameras}
    for number in sorted({row["cameras"] for row in cameras}):
        lines.append(f"| {number} | " + " | ".join(f"{rates[number, n]:.1f}" for n in threads) + " |")
    return lines
