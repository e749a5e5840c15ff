# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Figures of studies as PNG files."""

from __future__ import annotations

import io
from pathlib import Path

import matplotlib as mpl
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from bgflow_ros.segmentation.files import write_atomically

__all__ = ["save_figure"]

mpl.use("Agg")


def save_figure(figure: Figure, path: Path, dpi: int) -> None:
    """Write a figure to a PNG file, and close it."""
    file = io.BytesIO()
    figure.savefig(file, dpi=dpi, format="png")
    plt.close(figure)
    write_atomically(path, file.getvalue())
