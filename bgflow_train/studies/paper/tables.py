# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Tables I and II: the paper's results beside those of this project, as Markdown, JSON and a plot."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from bgflow_ros.segmentation.files import write_atomically
from bgflow_train.data import DatasetError
from bgflow_train.export.model_card import metrics_table
from bgflow_train.studies.paper.columns import ARCHITECTURES, COLUMNS, KINDS, SIZES, Column
from bgflow_train.studies.paper.measuring import CROSS_FITTED
from bgflow_train.studies.paper.reported import TABLE1, TABLE2, WEIGHTS, Reported
from bgflow_train.studies.paper.systems import STRATEGIES

__all__ = ["keep_column", "write_table"]

PAPER = {"table1": TABLE1, "table2": TABLE2}
TITLES = {
    "table1": "Table I: evaluation on the NYU test set",
    "table2": "Table II: evaluation on the generalization set",
}
ARCHITECTURE_TITLES = {"vgg16": "VGG-16", "efficientnet_lite0": "EfficientNet-Lite0"}
KIND_TITLES = {
    "knn": "kNN",
    "flow": "Flow",
    "other_flow": "Flow of the other length",
    "pca_flow": "Flow after PCA",
    "hybrid": "Hybrid flow",
    "gaussian": "Gaussian",
    "mixture": "Gaussian mixture",
}
UNTRAINED = "random weights"
"""The record's word for an encoder whose initial weights no training has made."""
SMOKE = "†"
"""Mark of its results."""
CROSS_FITTED_NOTE = (
    f"`{CROSS_FITTED}` is the logistic regression fitted to four fifths of this very set and measured on the other fifth, "
    "five times: the paper took its 25 fitting images from the set that it reports on, ours are photographs of other kinds."
)
WEIGHT_TITLES = {"nyu": "NYU", "ade20k": "ADE20K", "imagenet": "ImageNet"}


def _command(table: str, column: Column) -> str:
    """Command that fills a column on a machine that has its weights."""
    line = f"bgflow reproduce {table} --data DATA --columns {column.name}"
    if column.weights == "ade20k":
        return f"{line} --ade20k ADEChallengeData2016"
    return line


def keep_column(table: str, column: Column, result: dict[str, Any], out: Path) -> None:
    """Write a column's result to `out`, results of other seeds than 0 beside it.

    A result that was measured elsewhere is not replaced by one that was not run on this machine.

    Args:
        table: `table1` or `table2`.
        column: The column.
        result: Its result, see `run_column`.
        out: Folder of the tables.

    Raises:
        DatasetError: Another column there was measured on other images, or with another split or fitting set.
    """
    if "not_run" in result:
        path = _path(table, column, out)
        if path.exists() and "not_run" not in json.loads(path.read_text()):
            return
    else:
        path = _path(table, column, out, result["run"]["seed"])
        for other in sorted(path.parent.glob(f"{table}-*.json")):
            kept = json.loads(other.read_text())
            if "not_run" not in kept and _kind(kept) != _kind(result):
                raise DatasetError(
                    f"{other} was measured with {_kind(kept)}, this column with {_kind(result)}; all columns of a table "
                    "must agree: choose another --out"
                )
    write_atomically(path, (json.dumps(result, indent=1) + "\n").encode())


def write_table(table: str, out: Path) -> Path:
    """Write TABLE.md and TABLE.png from the columns in `out`.

    Args:
        table: `table1` or `table2`.
        out: Folder of the tables, which `keep_column` has filled.

    Returns:
        The Markdown file.
    """
    columns = {
        column: json.loads(_path(table, column, out).read_text())
        for column in COLUMNS
        if _path(table, column, out).exists()
    }
    text = "\n\n".join(
        [
            f"# {TITLES[table]}",
            _set(columns),
            "FPR95 / AR / AP in per cent / AUROC, foreground positive, pixels pooled over the set; in brackets the 95 % "
            "interval of AUROC by image (1000 resamples). Written by "
            f"`bgflow reproduce {table} --data DATA`; everything in it, hashes, versions and machines included, stands in "
            f"`columns/{table}-*.json`. {SMOKE}: from random weights and a few thousand small crops, a smoke test of the "
            "code and no evidence.",
            _comparison(table, columns),
            *_seeds(table, out),
            "## What was run, and how much smaller than the paper's",
            _sizes(table, columns),
            "## Our rows with all their intervals",
            _intervals(table, columns),
            "## Beside the paper: plain baselines, and the other two strategies of fusion",
            "A flow has to beat a Gaussian to earn its place. `minimum` and `maximum` are the paper's strategies (i) and "
            "(ii); `ensemble` is (iii), the logistic regression. The hybrid flow (doc/flows.md) has learnt from "
            "foreground as well, here without classes. AUROC / AP / FPR95.",
            *([CROSS_FITTED_NOTE] if table == "table2" else []),
            _baselines(columns),
        ]
    )
    write_atomically(out / f"{table}.md", (text + "\n").encode())
    write_atomically(out / f"{table}.png", _plot(table, columns))
    return out / f"{table}.md"


def _kind(result: dict[str, Any]) -> dict[str, Any]:
    """The properties on which all columns of a table must agree: the reported set, the fitting set and the split."""
    measured = result["measured"]
    fuse, split = result["data"]["fuse"]["sha256"][:8], result["run"]["split"]
    return {"set": measured["set"], "sha256": measured["data_sha256"][:8], "fuse": fuse, "split": split}


def _path(table: str, column: Column, out: Path, seed: int = 0) -> Path:
    return out / "columns" / f"{table}-{column.name}{f'-seed{seed}' if seed else ''}.json"


def _set(columns: dict[Column, dict[str, Any]]) -> str:
    for result in columns.values():
        if "not_run" not in result:
            m = result["measured"]
            return f"Ours: {m['set']}, {m['pictures']} images, SHA-256 {m['data_sha256'][:16]}."
    return "Ours: nothing has been run yet."


def _comparison(table: str, columns: dict[Column, dict[str, Any]]) -> str:
    lines = [
        "| system | weights | paper, VGG-16 | "
        + " | ".join(f"ours, {ARCHITECTURE_TITLES[a]}" for a in ARCHITECTURES)
        + " |"
    ]
    lines.append("| --- | --- | --- |" + " --- |" * len(ARCHITECTURES))
    for system, reported in PAPER[table].items():
        for weights in WEIGHTS:
            cells = [_reported(reported[weights])]
            for architecture in ARCHITECTURES:
                result = columns.get(Column(architecture, weights))
                if result is None or "not_run" in result:
                    cells.append(_missing(table, Column(architecture, weights), result))
                else:
                    cells.append(_measured(result, system))
            lines.append(f"| {_title(system)} | {WEIGHT_TITLES[weights]} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _seeds(table: str, out: Path) -> list[str]:
    """Mean and deviation of the AUROC over the seeds, for columns that were run with more than one."""
    found: dict[str, list[dict[str, Any]]] = {}
    for column in COLUMNS:
        paths = [_path(table, column, out), *out.glob(f"columns/{table}-{column.name}-seed*.json")]
        results = [json.loads(path.read_text()) for path in paths if path.exists()]
        if len(results) > 1:
            found[column.name] = [result["measured"]["systems"] for result in results]
    if not found:
        return []
    titles = [f"{name} ({len(results)})" for name, results in found.items()]
    lines = ["| system | " + " | ".join(titles) + " |", "| --- |" + " --- |" * len(found)]
    for system in PAPER[table]:
        cells = []
        for results in found.values():
            auroc = [result[system]["metrics"]["auroc"] for result in results]
            cells.append(f"{mean(auroc):.3f} ± {stdev(auroc):.3f}")
        lines.append(f"| {_title(system)} | " + " | ".join(cells) + " |")
    head = "AUROC, mean and standard deviation over the seeds of expert, cells and flows; their number in brackets."
    return ["## With other seeds", head, "\n".join(lines)]


def _missing(table: str, column: Column, result: dict[str, Any] | None) -> str:
    # Only the first clause of the reason; the table of sizes has all of it.
    why = "not run yet" if result is None else "not run: " + re.split("[:,;]", result["not_run"])[0]
    return f"{why}; `{_command(table, column)}`"


def _reported(row: Reported) -> str:
    return f"{row.fpr95:.1f} / {row.ar:.1f} / {row.ap:.1f} / {row.auroc:.2f}"


def _measured(result: dict[str, Any], system: str) -> str:
    row = result["measured"]["systems"][system]
    m, (low, high) = row["metrics"], row["interval95"]["auroc"]
    cell = f"{100 * m['fpr95']:.1f} / {100 * m['ar']:.1f} / {100 * m['ap']:.1f} / {m['auroc']:.3f} ({low:.3f} to {high:.3f})"
    return f"{cell} {SMOKE}" if result["expert"]["init"] == UNTRAINED else cell


def _title(system: str) -> str:
    if system == "fcn":
        return "FCN softmax"
    kind, _, part = system.partition(" ")
    return f"{KIND_TITLES[kind]} ensemble 3+4+5+6" if part == "ensemble" else f"{KIND_TITLES[kind]} {part}"


def _intervals(table: str, columns: dict[Column, dict[str, Any]]) -> str:
    parts = []
    for column, result in columns.items():
        if "not_run" not in result:
            measured = result["measured"]
            rows = {
                _title(system): measured["systems"][system] | {"pictures": measured["pictures"]}
                for system in PAPER[table]
            }
            parts.append(f"`{column.name}`:\n\n{metrics_table(rows, 'system')}")
    return "\n\n".join(parts) or "Nothing has been run yet."


def _sizes(table: str, columns: dict[Column, dict[str, Any]]) -> str:
    paper = SIZES["paper"]
    lines = [
        "| column | images | canvas | expert | fitted to | flow | kNN | machine |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
        f"| the paper | {'87, pi 0.5' if table == 'table1' else '45, pi 0.2'} | not said; NYU is {'x'.join(map(str, paper.canvas['vgg16']))} | VGG-16, epochs not "
        f"said | 493 images, augmented | {paper.couplings} couplings, width not said | k not said | GTX 1080 Ti |",
    ]
    for column in COLUMNS:
        result = columns.get(column)
        if result is None or "not_run" in result:
            why = "nobody has asked for it yet" if result is None else result["not_run"]
            lines.append(f"| {column.name} | not run: {why} | fill it with `{_command(table, column)}` | | | | | |")
            continue
        size, expert, fitted = result["size"], result["expert"], result["fitted"]
        recipe, measured = expert["recipe"], result["measured"]
        pi = measured["systems"]["fcn"]["metrics"]["pi"]
        cells = sum(layer["background"] for layer in fitted["cells"].values())
        trained = "decoder" if recipe["frozen"] else "all"
        lines.append(
            f"| {column.name} | {measured['pictures']}, pi {pi:.2f} ({result['run']['split']} split) | {'x'.join(map(str, size['canvas']))} | "
            f"{recipe['encoder']} from {expert['init']}, {trained} trained for {recipe['epochs']} epochs of "
            f"{'x'.join(map(str, size['crop']))} crops | {result['data']['fit']['pictures']} images and {size['variants']} augmented of each, {cells} background cells, at most "
            f"{size['cells']} a layer | {size['couplings']} couplings{_more(size)}, width {size['hidden']}, at "
            f"most {size['flow_epochs']} epochs | k {fitted['neighbours']['k']} by validation, at most {size['stored']} stored | "
            f"{_machine(result['machine'])} |"
        )
    return "\n".join(lines)


def _more(size: dict[str, Any]) -> str:
    # Columns of earlier versions have neither another length nor an embedding.
    if "components" not in size:
        return ""
    return f" (other length: {size['other_couplings']}; PCA: {size['components']} components)"


def _machine(machine: dict[str, Any]) -> str:
    return machine["card"] if machine["card"] != "none" else f"{machine['processor']}, threads: {machine['threads']}"


def _baselines(columns: dict[Column, dict[str, Any]]) -> str:
    run = {column: result for column, result in columns.items() if "not_run" not in result}
    if not run:
        return "Nothing has been run yet."
    lines = ["| system | " + " | ".join(column.name for column in run) + " |", "| --- |" + " --- |" * len(run)]
    layers = [str(layer["number"]) for layer in next(iter(run.values()))["layers"]]
    for kind in KINDS:
        for part in (*(layers if kind not in ("knn", "flow") else []), *STRATEGIES, CROSS_FITTED):
            system, cells = f"{kind} {part}", []
            if not any(system in result["measured"]["systems"] for result in run.values()):
                continue
            for result in run.values():
                if system not in result["measured"]["systems"]:
                    cells.append("not measured")
                    continue
                m = result["measured"]["systems"][system]["metrics"]
                cells.append(f"{m['auroc']:.3f} / {100 * m['ap']:.1f} / {100 * m['fpr95']:.1f}")
            lines.append(f"| {_title(system)} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _plot(table: str, columns: dict[Column, dict[str, Any]]) -> bytes:
    """Plot the AUROC of every system, with crosses for the paper's and intervals for ours, as a PNG file."""
    from matplotlib.figure import Figure

    systems = list(PAPER[table])
    figure = Figure(figsize=(12, 1.5 + 0.42 * len(systems)), layout="constrained")
    axes = figure.subplots(1, len(WEIGHTS), sharey=True, sharex=True)
    for axis, weights in zip(axes, WEIGHTS, strict=True):
        places = range(len(systems))
        axis.plot([PAPER[table][system][weights].auroc for system in systems], places, "kx", label="paper, VGG-16")
        for offset, architecture in enumerate(ARCHITECTURES):
            result = columns.get(Column(architecture, weights))
            if result is None or "not_run" in result:
                continue
            shown = [result["measured"]["systems"][system] for system in systems]
            auroc = [row["metrics"]["auroc"] for row in shown]
            bars = [
                [a - row["interval95"]["auroc"][0] for a, row in zip(auroc, shown, strict=True)],
                [row["interval95"]["auroc"][1] - a for a, row in zip(auroc, shown, strict=True)],
            ]
            axis.errorbar(
                auroc,
                [place + 0.15 + 0.2 * offset for place in places],
                xerr=bars,
                fmt="os"[offset],
                color=f"C{offset}",
                markersize=4,
                label=f"ours, {ARCHITECTURE_TITLES[architecture]}",
            )
        axis.set_title(f"{WEIGHT_TITLES[weights]} weights")
        axis.set_xlabel("AUROC")
        axis.grid(alpha=0.3)
    axes[0].set_yticks(range(len(systems)), [_title(system) for system in systems])
    axes[0].invert_yaxis()
    handles = {label: handle for axis in axes for handle, label in zip(*axis.get_legend_handles_labels(), strict=True)}
    figure.legend(handles.values(), handles, loc="outside lower center", ncols=3)
    figure.suptitle(TITLES[table])
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=110)
    return file.getvalue()
