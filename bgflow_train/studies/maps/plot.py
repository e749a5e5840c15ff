# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Picture of the maps of one drive from above."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from bgflow_train.studies.figure import save_figure
from bgflow_train.studies.maps.measuring import Maps, occupied

__all__ = ["plot"]

PAPER, ROOM, THING = (255, 255, 255), (90, 90, 90), (230, 80, 40)


def plot(maps: Maps, title: str, path: Path) -> None:
    """Write a PNG: the occupied cells of each map, those with surfaces of foreground in colour."""
    from matplotlib import pyplot as plt

    count = len(maps.surfaces)
    figure, axes = plt.subplots(1, count, figsize=(2.6 * count, 3.2), squeeze=False, layout="constrained")
    for panel, (name, surface) in zip(axes[0], maps.surfaces.items(), strict=True):
        panel.imshow(_from_above(maps, surface).transpose(1, 0, 2), origin="lower", interpolation="nearest")
        panel.set_title(name, fontsize=9)
        panel.set_axis_off()
    figure.suptitle(title, fontsize=10)
    save_figure(figure, path, 90)


def _from_above(maps: Maps, surface: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint8]:
    things, room = (occupied(maps.grid, surface & part) for part in (maps.foreground, ~maps.foreground))
    image = np.full((*things.shape, 3), PAPER, np.uint8)
    image[room], image[things] = ROOM, THING
    return image
