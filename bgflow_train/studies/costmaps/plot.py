# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Picture of the costmaps of one drive."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from bgflow_train.studies.costmaps.truth import Truth, near
from bgflow_train.studies.figure import save_figure

__all__ = ["plot"]

Cells = npt.NDArray[np.bool_]

UNKNOWN, FLOOR, WALL = (225, 225, 225), (255, 255, 255), (150, 150, 150)
FOUND, MISSED, PHANTOM = (40, 140, 60), (230, 80, 40), (60, 90, 220)


def plot(marked: dict[str, Cells], truth: Truth, title: str, path: Path) -> None:
    """Write a PNG: a panel for each layer with walls in grey, obstacles marked and missed, and phantoms."""
    from matplotlib import pyplot as plt
    from matplotlib.patches import Patch

    figure, axes = plt.subplots(1, len(marked), figsize=(2.6 * len(marked), 3.3), squeeze=False, layout="constrained")
    for panel, (name, cells) in zip(axes[0], marked.items(), strict=True):
        image = np.full((*cells.shape, 3), UNKNOWN, np.uint8)
        image[truth.floor], image[truth.wall] = FLOOR, WALL
        image[cells & ~truth.excused] = PHANTOM
        there = truth.obstacles["all"]
        image[there] = np.where(near(cells)[there][:, None], FOUND, MISSED)
        panel.imshow(image.transpose(1, 0, 2), origin="lower", interpolation="nearest")
        panel.set_title(name, fontsize=9)
        panel.set_axis_off()
    colors = {"obstacle": FOUND, "missed": MISSED, "phantom": PHANTOM, "wall": WALL}
    patches = [Patch(color="#{:02x}{:02x}{:02x}".format(*color), label=label) for label, color in colors.items()]
    figure.legend(handles=patches, loc="outside lower center", ncols=len(patches), fontsize=8)
    figure.suptitle(title, fontsize=10)
    save_figure(figure, path, 90)
