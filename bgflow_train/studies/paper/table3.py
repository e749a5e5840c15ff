# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Table III: time, memory and operations of FCN, flow and kNN on one machine.

None of them depends on the values of weights and descriptors. Random values are used, so that nothing has to be trained
or downloaded.
"""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode
from tqdm import tqdm

from bgflow_ros.segmentation.files import write_atomically
from bgflow_train.model.densities import KNN, RealNVP
from bgflow_train.networks import RANDOM, make_encoder
from bgflow_train.networks.device import DEVICE, machine
from bgflow_train.networks.expert import Expert
from bgflow_train.studies.paper.columns import ARCHITECTURES, SIZES
from bgflow_train.studies.paper.reported import MEMORY, TIME

__all__ = ["write_table3"]

STORED = 30_000
"""Number of descriptors in each measured kNN, to which its time and memory are proportional."""
FLOWS = {"flow": (32, 1024), "flow, 16 couplings": (16, 1024), "flow, small": (16, 64)}
"""Coupling layers and width of the flows: as in the paper, half as many couplings, and small enough for two cores."""
REPEATS = 7


class Part(NamedTuple):
    """A part of a system that is timed on one image."""

    name: str
    run: Callable[[], object]
    gmac: float
    """Multiply-accumulate operations, in 10^9."""
    megabytes: float
    """Size of the weights or of the stored descriptors in MB."""


def write_table3(out: Path, seed: int) -> Path:
    """Measure, and write table3.md, table3.json and table3.png.

    Args:
        out: Folder to write to.
        seed: Seed of the weights and descriptors.

    Returns:
        The Markdown file.
    """
    width, height = SIZES["paper"].canvas["vgg16"]
    results = {architecture: _measure(architecture, width, height, seed) for architecture in ARCHITECTURES}
    record = {
        "input": [width, height],
        "stored": STORED,
        "repeats": REPEATS,
        "seed": seed,
        "versions": {"torch": str(torch.__version__)},
        "machine": machine(),
        "architectures": results,
    }
    write_atomically(out / "table3.json", (json.dumps(record, indent=1) + "\n").encode())
    write_atomically(out / "table3.png", _plot(results))
    write_atomically(out / "table3.md", _markdown(record).encode())
    return out / "table3.md"


@torch.inference_mode()
def _measure(architecture: str, width: int, height: int, seed: int) -> list[dict[str, Any]]:
    """Time all parts in turn, `REPEATS` times, so that changes in the load of the machine affect all parts alike."""
    parts = _parts(architecture, width, height, seed)
    times = np.zeros((REPEATS, len(parts)))
    for repeat in tqdm(range(-1, REPEATS), f"time {architecture}", unit="round"):
        for index, part in enumerate(parts):
            begin = time.perf_counter()
            part.run()
            if DEVICE.type == "cuda":
                torch.cuda.synchronize()
            if repeat >= 0:  # The round before is a warm-up.
                times[repeat, index] = time.perf_counter() - begin
    ratios = times / times[:, [0]]
    return [
        {
            "name": part.name,
            "milliseconds": float(1000 * np.median(times[:, index])),
            "ratio_to_fcn": float(np.median(ratios[:, index])),
            "ratio_range": [float(ratios[:, index].min()), float(ratios[:, index].max())],
            "gmac": part.gmac,
            "megabytes": part.megabytes,
        }
        for index, part in enumerate(parts)
    ]


def _parts(architecture: str, width: int, height: int, seed: int) -> list[Part]:
    torch.manual_seed(seed)
    expert = Expert(make_encoder(architecture, RANDOM)).to(DEVICE).eval()
    image = 255 * torch.rand(1, 3, height, width, device=DEVICE)
    parts = [
        _part("fcn", lambda: expert.logits(expert(image)[-1]), expert),
        _part("encoder alone", lambda: expert.encoder(image), expert.encoder),
    ]
    cells = [map[0].flatten(1).T.contiguous() for map in expert(image)]
    for kind, (couplings, hidden) in FLOWS.items():
        for layer, x in zip(expert.layers, cells, strict=True):
            flow = RealNVP(layer.channels, couplings=couplings, hidden=hidden, seed=seed).to(DEVICE).eval()
            parts.append(_part(f"{kind} {layer.number}", partial(flow.nll, x), flow))
    for layer, x in zip(expert.layers, cells, strict=True):
        knn = KNN(layer.channels, stored=STORED)
        knn.fit(torch.randn(STORED, layer.channels), x, seed=seed)
        # The multiplications of faiss are not seen by the counter of torch.
        gmac = len(x) * STORED * layer.channels / 1e9
        parts.append(_part(f"knn {layer.number}", partial(knn.nll, x), knn)._replace(gmac=gmac))
    return parts


def _part(name: str, run: Callable[[], object], module: nn.Module) -> Part:
    with FlopCounterMode(display=False) as counter:
        run()
    size = sum(tensor.numel() * tensor.element_size() for tensor in module.state_dict().values())
    return Part(name, run, counter.get_total_flops() / 2e9, float(size) / 1e6)


def _markdown(record: dict[str, Any]) -> str:
    machine, (width, height) = record["machine"], record["input"]
    where = machine["card"] if machine["card"] != "none" else f"{machine['processor']}, {machine['threads']} threads"
    lines = [
        "# Table III: time and memory",
        "",
        f"One image of {width}x{height}, float32, on {where} (the paper: GTX 1080 Ti). Medians of {record['repeats']} rounds in which every",
        "part had its turn; ratios are to the FCN of the same round, their range in brackets: read those, the milliseconds are the machine's.",
        f"The densities' rows are without the encoder, which they all share. kNN was measured with {record['stored']} stored descriptors a layer;",
        "its time, operations and memory are proportional to that number (the paper's memory amounts to 10.7, 2.5, 0.7 and 3.9 million of",
        "them). `flow` is of the paper's length, 32 couplings, with nets of width 1024, which the paper's memory amounts to. Written by",
        "`bgflow reproduce table3`.",
    ]
    for architecture, rows in record["architectures"].items():
        paper = architecture == "vgg16"
        lines += ["", f"## {architecture}", ""]
        head = "| part | ms | ratio to FCN | GMAC | MB |"
        lines.append(head + (" the paper's ms | the paper's ratio | the paper's MB |" if paper else ""))
        lines.append("| --- |" + " --- |" * (7 if paper else 4))
        for row in rows:
            low, high = row["ratio_range"]
            line = (
                f"| {row['name']} | {row['milliseconds']:.0f} | {row['ratio_to_fcn']:.2f} ({low:.2f} to {high:.2f}) | "
                f"{row['gmac']:.1f} | {row['megabytes']:.0f} |"
            )
            if paper and row["name"] in TIME:
                line += f" {TIME[row['name']]} | {TIME[row['name']] / TIME['fcn']:.2f} | {MEMORY[row['name']]} |"
            elif paper:
                line += " | | |"
            lines.append(line)
    return "\n".join(lines) + "\n"


def _plot(results: dict[str, list[dict[str, Any]]]) -> bytes:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 6), layout="constrained")
    for axis, (architecture, rows) in zip(figure.subplots(1, len(results), sharey=True), results.items(), strict=True):
        names = [row["name"] for row in rows]
        axis.barh(names, [row["ratio_to_fcn"] for row in rows], color="tab:blue", label="ours")
        if architecture == "vgg16":
            known = [name for name in names if name in TIME]
            axis.plot(
                [TIME[name] / TIME["fcn"] for name in known], known, "kx", label="paper, kNN with more descriptors"
            )
        axis.set_xscale("log")
        axis.set_title(architecture)
        axis.set_xlabel("time, ratio to the FCN")
        axis.grid(axis="x", alpha=0.3)
        if architecture == "vgg16":
            figure.legend(*axis.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    axis.invert_yaxis()
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=110)
    return file.getvalue()
