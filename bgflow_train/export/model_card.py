# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The model card: the manifest in readable form."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bgflow_ros.segmentation.files import write_atomically
from bgflow_train.export.manifest import Manifest

__all__ = ["contrast_table", "metrics_table", "model_card", "write_card"]


def metrics_table(metrics: dict[str, Any], what: str = "set") -> str:
    """Format metrics as a Markdown table in the paper's units: AUROC as a fraction, the others in per cent.

    Args:
        metrics: Evaluation reports by data set, with 95 % intervals by image.
        what: Heading of the first column.
    """
    rows = [
        f"| {what} | images | AUROC | AP | AR | FPR95 | pi |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, result in metrics.items():
        numbers, interval = result["metrics"], result["interval95"]
        cells = [f"{numbers['auroc']:.3f} ({interval['auroc'][0]:.3f} to {interval['auroc'][1]:.3f})"]
        cells += [
            f"{100 * numbers[key]:.1f} ({100 * interval[key][0]:.1f} to {100 * interval[key][1]:.1f})"
            for key in ("ap", "ar", "fpr95")
        ]
        cells.append(f"{numbers['pi']:.2f}")
        rows.append(f"| {name} | {result['pictures']} | " + " | ".join(cells) + " |")
    return "\n".join(rows)


def masks_table(metrics: dict[str, Any]) -> str:
    """Format the shares of the pixels in the masks at the model's thresholds, one row per data set."""
    rows = [
        "| set | foreground that `foreground_mask` misses | background it takes for foreground "
        "| foreground in `static_mask` | background in `static_mask` |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name, result in metrics.items():
        shares = (f"{100 * share:.1f} %" for share in result["masks"].values())
        rows.append(f"| {name} | " + " | ".join(shares) + " |")
    return "\n".join(rows)


def contrast_table(contrast: dict[str, Any]) -> str:
    """Format how many images are below the least contrast, one row per view without a room and per reported set."""
    precisions = contrast["precision"]
    columns = " | ".join(f"below, {precision} | 5 %, median, 95 % of the contrast" for precision in precisions)
    rows = [f"| images | number | {columns} |", "| --- | --- |" + " --- | --- |" * len(precisions)]
    for kind in ("views", "reported"):
        for name, found in next(iter(precisions.values()))[kind].items():
            cells = []
            for measured in precisions.values():
                result = measured[kind][name]
                numbers = (result[key] for key in ("percentile5", "median", "percentile95"))
                cells += [str(result["below"]), ", ".join(f"{number:.2f}" for number in numbers)]
            rows.append(f"| {name} | {found['images']} | " + " | ".join(cells) + " |")
    return "\n".join(rows)


def _contrast_section(contrast: dict[str, Any]) -> str:
    validation = "; ".join(
        f"{found['validation']['least']:.2f} at least, {found['validation']['percentile1']:.2f} at the first percentile, "
        f"{found['validation']['median']:.2f} in the median in {precision}"
        for precision, found in contrast["precision"].items()
    )
    return f"""
## Views without a room

The contrast of an image is the standard deviation of its logit over the cells. Where it is below **{contrast["least"]:.2f}** the model tells nothing apart, however sure
it is, and node and tools say so. That bound is {contrast["guarantee"]}. These images have {validation}.

{contrast_table(contrast)}

The views are made from validation images, by `bgflow_train/data/no_room.py` ([how all of it is measured](../../doc/training.md#views-without-a-room)).
"""


def model_card(manifest: Manifest, notes: str) -> str:
    """Format the model card.

    Args:
        manifest: The manifest of the model.
        notes: Markdown to end the card with: observations made by eye.
    """
    recipe, versions = manifest.training["recipe"], manifest.training["versions"]
    scores = _table(
        "| score | kind | layer | share of the weights, % |",
        [
            f"| {score['name']} | {score['kind']} | {score['layer']} | {100 * score['weight']:.1f} |"
            for score in manifest.scores
        ],
    )
    densities = _table(
        "| density | stride | channels | background cells | NLL, fit | NLL, validation |",
        [
            f"| {layer['score']} | {layer['stride']} | {layer['channels']} | {layer['nll']['cells']} | "
            f"{layer['nll']['train']:.1f} | {layer['nll']['validation']:.1f} |"
            for layer in manifest.layers
        ],
    )
    tables = "\n".join(table for table in (scores, densities) if table)
    data = "\n".join(
        f"| {name} | {set['pictures']} | `{set['sha256'][:16]}` |" for name, set in manifest.training["data"].items()
    )
    points = "\n".join(
        f"- **{mask}** at likelihood {point['likelihood']:.3f}: {point['guarantee']}."
        for mask, point in manifest.thresholds.items()
    )
    parity, error = manifest.calibration["parity"], manifest.calibration["expected_error"]
    checked = "\n".join(
        f"- {mask}: chosen on a random two thirds of the rooms a thousand times, the other third had {100 * found['mean']:.2f} % on average; "
        f"above the level in {100 * found['above']:.0f} % of the splits, no threshold possible in {100 * found['none']:.0f} %."
        for mask, found in manifest.calibration["operating_points_on_1000_splits"].items()
    )
    by_source = _table(
        "| rooms | number | foreground above the first threshold, % of the foreground | above the second, % of all pixels |",
        [
            f"| {name} | {found['static']['rooms']} | {100 * found['foreground']['risk']:.1f} | {100 * found['static']['risk']:.2f} |"
            for name, found in manifest.calibration.get("operating_points_by_source", {}).items()
        ],
    )
    int8 = ""
    if "int8" in manifest.added:
        found, kept = manifest.added["int8"]["difference"], ", ".join(manifest.added["int8"]["float32"])
        int8 = f"""
## In int8

`{manifest.added["int8"]["file"]}` has the encoder's convolutions in int8, but for {kept}; the scores are computed in float32. Processors with VNNI, AVX2 or
ARM's dot product take it, others the float32 graph. On {found["pictures"]} held-back images the likelihoods differ by {found["mean"]:.4f} in the mean, {found["percentile99"]:.3f} at the 99th percentile
and {found["largest"]:.3f} at most.

{metrics_table(manifest.added["int8"]["metrics"])}

Again: `bgflow evaluate {manifest.name} --precision int8 --dataset nyu:DIR --split test`; `bgflow quantize` makes it.
"""
    contrast = _contrast_section(manifest.added["contrast"]) if "contrast" in manifest.added else ""
    return f"""# Model `{manifest.name}`

Background likelihood of indoor images: {manifest.encoder["name"]} ({manifest.encoder["weights"]}),
several scores on its features (below), fused and calibrated. Input {manifest.width}x{manifest.height}, one logit each {manifest.stride} pixels.
Written by `bgflow export`; every number below stands in `manifest.yaml` with intervals, data hashes, versions and machine.

## On images that nothing was trained or tuned on

AUROC as a fraction, the rest in per cent, foreground positive, 95 % intervals by image (1000 resamples).

{metrics_table(manifest.metrics)}

{masks_table(manifest.metrics)}

Again: `bgflow evaluate {manifest.name} --dataset nyu:DIR --split test` (`ade20k_rooms:DIR`, `gazebo_house:DIR`, `gazebo_bookstore:DIR`).
{int8}
## Operating points

{points}

{checked}

{by_source}
Likelihoods are probabilities to within {100 * error["after"]:.1f} % on the validation images (expected calibration error; {100 * error["before"]:.1f} % before calibration).
{contrast}
![Reliability before and after](reliability.png)

## Made from

| images | number | SHA-256 |
| --- | --- | --- |
{data}

NYU Depth v2 (Silberman et al., 2012), ADE20K (Zhou et al., 2017), COCO (Lin et al., 2014), AWS RoboMaker worlds. The images
are not part of the model or of this repository.

## Scores

{tables}
Seed {recipe["seed"]}; bgflow {versions["bgflow"]}, torch {versions["torch"]}, timm {versions["timm"]}, Python {versions["python"]}.
ONNX Runtime and torch differ by at most {parity["largest_likelihood_difference"]:.1e} in likelihood on {parity["pictures"]} images.

{notes}"""


def _table(head: str, rows: list[str]) -> str:
    """Write a table, or nothing where it would have no rows."""
    return "\n".join([head, "|" + " --- |" * (head.count("|") - 1), *rows, ""]) if rows else ""


def write_card(folder: Path, manifest: Manifest, notes: str) -> None:
    """Write the model card, README.md, into a model folder."""
    write_atomically(folder / "README.md", model_card(manifest, notes).encode())
