# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Figures 1, 3 and 4: scores of the systems on images of the NYU test set and of the generalization set."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from bgflow_ros.segmentation.files import write_atomically
from bgflow_train.data import FOREGROUND, VOID, IndexedDataset, Sample
from bgflow_train.networks import EncoderError
from bgflow_train.studies.paper.column_fitting import FittedColumn
from bgflow_train.studies.paper.columns import Column
from bgflow_train.studies.paper.running import Setting, fitted_column

__all__ = ["write_figure"]


class Plan(NamedTuple):
    """The content of a figure."""

    set: str
    """Field of `ImageSets`."""
    systems: tuple[str, ...]
    images: int
    caption: str
    failures: bool = False
    """Show the images of which the softmax misses the largest share of the foreground, not evenly spaced ones."""


PLANS = {
    "figure1": Plan(
        "generalization",
        ("fcn", "flow ensemble", "hybrid ensemble"),
        3,
        "Figure 1: images of the generalization set of which the softmax misses most of the foreground",
        failures=True,
    ),
    "figure3": Plan(
        "nyu",
        ("fcn", "flow 3", "flow 4", "flow 5", "flow 6", "flow ensemble"),
        5,
        "Figure 3: layers of the flow and their ensemble on images of the NYU test set, evenly spaced",
    ),
    "figure4": Plan(
        "generalization",
        ("fcn", "knn ensemble", "flow ensemble"),
        9,
        "Figure 4: the softmax and the ensembles on images of the generalization set, evenly spaced",
    ),
}
REACH = 2.0
"""Scores of single layers are shown between minus and plus so many deviations, FCN and ensembles as likelihoods."""


def write_figure(
    what: str, columns: list[Column], setting: Setting, out: Path, photographs: bool
) -> tuple[Path, list[Column]]:
    """Draw a figure for every column that can be run on this machine.

    Args:
        what: One of PLANS.
        columns: The columns to draw, each into a file of its own.
        setting: The settings of the run.
        out: Folder to write to.
        photographs: Show the images too. They are not the project's to publish.

    Returns:
        The Markdown file that shows the figures, and the columns that could not be run.

    Raises:
        DatasetError: Images are missing, or a column's folder holds another run.
    """
    plan = PLANS[what]
    dataset: IndexedDataset = setting.report or getattr(setting.images, plan.set)
    lines = [
        f"# {plan.caption}",
        "",
        "Bright is background; single layers from -2 to 2 deviations of the normalised score, FCN and ensembles as",
        f"likelihood. In `truth` black is foreground, grey void. Written by `bgflow reproduce {what} --data DATA`"
        + ("" if photographs else "; `--photographs` adds the images, which are not the project's to show")
        + ".",
    ]
    missing: list[Column] = []
    drawn: dict[str, Any] = {"set": dataset.name, "data_sha256": dataset.digest(), "seed": setting.seed, "columns": {}}
    for column in columns:
        try:
            fitted = fitted_column(column, setting)
        except EncoderError as error:
            lines += ["", f"## {column.name}", "", f"Not run: {error}."]
            drawn["columns"][column.name] = {"not_run": str(error)}
            missing.append(column)
            continue
        samples = _samples(plan, dataset, fitted)
        file = f"{what}-{column.name}.png"
        write_atomically(out / file, _draw(plan, samples, fitted, photographs))
        lines += ["", f"## {column.name}", "", f"![{plan.caption}, {column.name}]({file})"]
        drawn["columns"][column.name] = {"file": file, "size": setting.size.name, "ids": [s.id for s in samples]}
    write_atomically(out / f"{what}.json", (json.dumps(drawn, indent=1) + "\n").encode())
    write_atomically(out / f"{what}.md", ("\n".join(lines) + "\n").encode())
    return out / f"{what}.md", missing


def _samples(plan: Plan, dataset: IndexedDataset, fitted: FittedColumn) -> list[Sample]:
    if not plan.failures:
        places = np.linspace(0, len(dataset) - 1, plan.images).round().astype(int).tolist()
        return [dataset[place] for place in places]
    return sorted(dataset, key=lambda sample: _missed(sample, fitted), reverse=True)[: plan.images]


def _missed(sample: Sample, fitted: FittedColumn) -> float:
    """Share of the foreground that the softmax takes for background."""
    [score] = fitted.scores(sample, ["fcn"])
    return float((score[sample.mask == FOREGROUND] > 0).mean())


def _draw(plan: Plan, samples: list[Sample], fitted: FittedColumn, photographs: bool) -> bytes:
    from matplotlib.figure import Figure

    titles = (["photograph"] if photographs else []) + ["truth", *plan.systems]
    figure = Figure(figsize=(2.2 * len(titles), 1.75 * len(samples)), layout="constrained")
    for sample, axes in zip(samples, figure.subplots(len(samples), len(titles), squeeze=False), strict=True):
        images = [sample.rgb] if photographs else []
        truth = np.select([sample.mask == VOID, sample.mask == FOREGROUND], [0.5, 0.0], 1.0)
        maps = _maps(plan, sample, fitted)
        for axis, title, image in zip(axes, titles, [*images, truth, *maps], strict=True):
            axis.imshow(image, cmap="gray" if title == "truth" else "viridis", vmin=0, vmax=1)
            axis.set(xticks=[], yticks=[])
            if sample is samples[0]:
                axis.set_title(title, fontsize="small")
        axes[0].set_ylabel(sample.id.rpartition("/")[2][:18], fontsize="x-small")
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=80)
    return file.getvalue()


def _maps(plan: Plan, sample: Sample, fitted: FittedColumn) -> list[npt.NDArray[np.float64]]:
    """Scores of the systems at the image's size, H x W, from 0 (foreground) to 1 (background)."""
    shown = []
    for name, grid in zip(plan.systems, fitted.scores(sample, plan.systems), strict=True):
        score = grid.astype(np.float64)
        layer = name.split()[-1].isdigit()
        shown.append(np.clip(0.5 + score / (2 * REACH), 0, 1) if layer else 1 / (1 + np.exp(-np.clip(score, -50, 50))))
    return shown
