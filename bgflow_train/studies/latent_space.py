# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Picture of what a hybrid flow does: cells before and after it, by class, in images that it was not fitted to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from bgflow_rooms.nyu40 import BACKGROUND_CLASSES, CLASS_NAMES
from bgflow_train.data import VOID, DatasetError, Sample
from bgflow_train.data.canvas import to_canvas
from bgflow_train.data.registry import open_classes
from bgflow_train.model.fitted import Fitted
from bgflow_train.model.labelled_cells import LabelledCells, collect_cells
from bgflow_train.model.scores import HybridScore
from bgflow_train.networks.device import DEVICE
from bgflow_train.studies.figure import save_figure
from bgflow_train.training.crops import UNLABELLED

__all__ = ["draw", "plane", "validation_cells"]

EACH = 40
"""Number of cells of an image at most."""
FOREGROUND_CLASSES = 8
"""Number of foreground classes that are drawn, those with the most cells."""


def validation_cells(fitted: Fitted, score: HybridScore, data: Path) -> LabelledCells:
    """Draw labelled cells of a score's layer from NYU's validation images, which stop the training of the flow only.

    Raises:
        DatasetError: The images or their classes are missing.
    """
    images = open_classes(data, "nyu", "validate")

    def seen(sample: Sample) -> Sample:
        canvas, classes = to_canvas(sample, fitted.recipe.width, fitted.recipe.height)
        return Sample(canvas, np.where(classes == VOID, UNLABELLED, classes), sample.id)

    samples = (seen(images[index]) for index in range(len(images)))
    [cells] = collect_cells(fitted.backbone, samples, [score], EACH, fitted.recipe.seed)
    return cells


def plane(points: Tensor, classes: Tensor) -> Tensor:
    """Find the plane in which the means of classes lie furthest apart, by their principal components.

    Args:
        points: n x channels.
        classes: Class of each point, n.

    Returns:
        Coordinates of the points in that plane, n x 2.
    """
    means = torch.stack([points[classes == one].mean(0) for one in classes.unique()])
    centre = means.mean(0)
    _, _, directions = torch.linalg.svd(means - centre, full_matrices=False)
    coordinates: Tensor = (points - centre) @ directions[:2].T
    return coordinates


@torch.inference_mode()
def draw(fitted: Fitted, name: str, data: Path, out: Path) -> None:
    """Write a PNG of two panels: whitened descriptors, and their latents.

    Args:
        fitted: A finished fit.
        name: Name of one of its hybrid flows.
        data: Folder that holds the data sets.
        out: The file.

    Raises:
        DatasetError: The fit has no such flow, or images are missing.
    """
    from matplotlib import pyplot as plt

    flows = {score.name: score for score in fitted.scores if isinstance(score, HybridScore)}
    if name not in flows:
        raise DatasetError(f"the fit has no hybrid flow {name!r}; it has: {', '.join(flows) or 'none'}")
    score = flows[name]
    cells = validation_cells(fitted, score, data)
    shown = _classes_to_show(cells)
    chosen = torch.isin(cells.classes, torch.tensor(shown))
    x, classes = cells.x[chosen].to(DEVICE), cells.classes[chosen]
    panels = {"descriptors": score.flow.whitening(x).cpu(), "latents": score.flow.latents(x).cpu()}
    figure, axes = plt.subplots(1, 2, figsize=(11, 5), layout="constrained")
    for panel, (title, points) in zip(axes, panels.items(), strict=True):
        at = plane(points, classes)
        for number, kind in enumerate(shown):
            background = kind in BACKGROUND_CLASSES
            member = at[classes == kind]
            color = plt.get_cmap("Blues" if background else "autumn")(
                0.4 + 0.07 * number if background else number / 12
            )
            panel.scatter(*member.T, s=4, color=color, alpha=0.5, linewidths=0, label=CLASS_NAMES[kind])
            panel.annotate(CLASS_NAMES[kind], member.mean(0).tolist(), ha="center", weight="bold")
        panel.set(title=f"{title} of layer {name[-1]}", xticks=[], yticks=[])
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside right center", markerscale=4)
    save_figure(figure, out, 90)


def _classes_to_show(cells: LabelledCells) -> list[int]:
    """Choose the classes of background, and those of foreground with the most cells."""
    counts = torch.bincount(cells.classes, minlength=len(CLASS_NAMES))
    present = [kind for kind in counts.argsort(descending=True).tolist() if kind and counts[kind] > 1]
    background = [kind for kind in present if kind in BACKGROUND_CLASSES]
    return background + [kind for kind in present if kind not in BACKGROUND_CLASSES][:FOREGROUND_CLASSES]
