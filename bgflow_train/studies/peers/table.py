# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The table of the default model, its single scores, its peers and the paper's systems."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

from bgflow_ros.segmentation.files import write_atomically
from bgflow_train.studies.peers.scores import SIZES
from bgflow_train.studies.peers.table_rows import FALSE, FUSED

__all__ = ["paper_systems", "write_peers"]

TITLES = {
    FUSED: "**bgflow, fused**",
    "head": "softmax head alone",
    "lraspp": "LR-ASPP head",
    "classes": "40 classes",
    "room": "density of this very image",
}
DENSITIES = {
    "gaussian": "Gaussian",
    "mixture": "Gaussian mixture",
    "flow": "Real NVP",
    "ratio": "likelihood ratio",
    "knn": "kNN",
    "patchcore": "PatchCore coreset",
    "padim": "PaDiM",
    "hybrid": "hybrid flow",
    "twin": "hybrid flow, another seed",
    "outcomponent": "flow with an out-component",
    "margin": "flow with a margin",
    "contrast": "flow with a contrast of latents",
    **{
        f"hybrid_{couplings}x{hidden}_": f"hybrid flow, {couplings} couplings of width {hidden}"
        for couplings, hidden in SIZES
    },
    "latent": "density of this very image in the latent space",
    "spline": "neural spline flow",
    "context": "Gaussian with 3x3 context and place",
}
PAPER = {"fcn": "FCN softmax", "knn ensemble": "kNN ensemble", "flow ensemble": "flow ensemble"}
PAPER_SETS = ("table1", "table2")
"""Tables of the paper that report on sets of this table."""


def paper_systems(columns: Path, sets: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Collect the results of the paper's systems, as reproduced here, on the given sets.

    Args:
        columns: Folder of JSON files that `bgflow reproduce` wrote.
        sets: The results on each set, see `measure_peers`.

    Returns:
        For each of the paper's systems its results by set, in the order of the files.
    """
    by_hash = {one["data_sha256"]: one["set"] for one in sets}
    found: dict[str, dict[str, Any]] = {}
    for table in PAPER_SETS:
        for path in sorted(columns.glob(f"{table}-*.json")):
            result = json.loads(path.read_text())
            if "not_run" in result or result["measured"]["data_sha256"] not in by_hash:
                continue
            name = by_hash[result["measured"]["data_sha256"]]
            for system, title in PAPER.items():
                row = found.setdefault(f"the paper's {title}, {path.stem.removeprefix(f'{table}-')}", {})
                row[name] = result["measured"]["systems"][system]
    return found


def write_peers(result: dict[str, Any], columns: Path, out: Path) -> Path:
    """Write peers.md, peers.json and peers.png.

    Args:
        result: `sets`, the results on each set, see `measure_peers`, and everything that they depend on.
        columns: See `paper_systems`.
        out: Folder to write to.

    Returns:
        The Markdown file.
    """
    sets = result["sets"]
    rows: dict[str, dict[str, Any]] = {
        _title(system): {one["set"]: one["systems"][system] for one in sets} for system in sets[0]["systems"]
    }
    rows |= paper_systems(columns, sets)
    order = sorted(
        rows, key=lambda title: -rows[title].get(sets[0]["set"], {"metrics": {"auroc": 0}})["metrics"]["auroc"]
    )
    described = "; ".join(f"{one['set']}, {one['pictures']} images, SHA-256 {one['data_sha256'][:16]}" for one in sets)
    parts = [
        "# The default model and its peers",
        f"The same images and metrics for all: {described}. Foreground positive, pixels pooled. Written by "
        "`bgflow peers`; intervals, hashes, versions and machine stand in `peers.json`. All but the paper's systems "
        "share the encoder of the default model; those were trained by `bgflow reproduce` on the same images of NYU, "
        "with the encoder and weights that stand behind their names.",
        "AUROC / AP / FPR95, the latter two in per cent:",
        _table(rows, order, sets, _pooled),
        "![AUROC by set](peers.png)",
        "## Image by image",
        "Mean over the images that have both of AUROC / FPR95.",
        _table(rows, order, sets, _macro),
        "## At borders",
        "AUROC of the pixels within 1 % of the image's width of a border.",
        _table(rows, [title for title in order if _has(rows[title], "border_auroc")], sets, _border),
    ]
    for one in sets:
        if all("found" in row for row in one["systems"].values()):
            parts += [
                f"## By class, {one['set']}",
                f"Share of each class, in per cent, that is found where {100 * FALSE:g} % of the background is taken "
                "for foreground; rare classes are left out.",
                _classes(one["systems"]),
            ]
    write_atomically(out / "peers.json", (json.dumps(result, indent=1) + "\n").encode())
    write_atomically(out / "peers.png", _plot(rows, order, sets))
    write_atomically(out / "peers.md", ("\n\n".join(parts) + "\n").encode())
    return out / "peers.md"


def _title(system: str) -> str:
    if system in TITLES:
        return TITLES[system]
    return f"{DENSITIES[system[:-1]]}, layer {system[-1]}"


def _has(row: dict[str, Any], key: str) -> bool:
    return all(key in one for one in row.values())


def _pooled(row: dict[str, Any]) -> str:
    m = row["metrics"]
    return f"{m['auroc']:.3f} / {100 * m['ap']:.1f} / {100 * m['fpr95']:.1f}"


def _macro(row: dict[str, Any]) -> str:
    m = row["mean_over_pictures"]
    return f"{m['auroc']:.3f} / {100 * m['fpr95']:.1f}"


def _border(row: dict[str, Any]) -> str:
    return f"{row['border_auroc']:.3f}"


def _table(rows: dict[str, dict[str, Any]], order: list[str], sets: list[dict[str, Any]], cell: Any) -> str:
    names = [one["set"] for one in sets]
    lines = ["| system | " + " | ".join(names) + " |", "| --- |" + " --- |" * len(names)]
    for title in order:
        cells = [cell(rows[title][name]) if name in rows[title] else "-" for name in names]
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _classes(systems: dict[str, Any]) -> str:
    lines = ["| class | " + " | ".join(map(_title, systems)) + " |", "| --- |" + " --- |" * len(systems)]
    fused = systems[FUSED]["found"]
    for name in sorted(fused, key=lambda name: float(fused[name])):
        lines.append(f"| {name} | " + " | ".join(f"{100 * row['found'][name]:.0f}" for row in systems.values()) + " |")
    return "\n".join(lines)


def _plot(rows: dict[str, dict[str, Any]], order: list[str], sets: list[dict[str, Any]]) -> bytes:
    """Plot the AUROC of every system with its interval, one panel per set, as a PNG file."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(3.2 * len(sets) + 3, 1.2 + 0.3 * len(order)), layout="constrained")
    axes = figure.subplots(1, len(sets), sharey=True, squeeze=False)[0]
    for axis, one in zip(axes, sets, strict=True):
        for place, title in enumerate(order):
            if (row := rows[title].get(one["set"])) is not None:
                auroc, (low, high) = row["metrics"]["auroc"], row["interval95"]["auroc"]
                axis.errorbar(
                    auroc, place, xerr=[[auroc - low], [high - auroc]], fmt="o", color="C1" if "**" in title else "C0"
                )
        axis.set_title(one["set"])
        axis.set_xlabel("AUROC")
        axis.grid(alpha=0.3)
    axes[0].set_yticks(range(len(order)), [title.strip("*") for title in order])
    axes[0].invert_yaxis()
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=100)
    return file.getvalue()
