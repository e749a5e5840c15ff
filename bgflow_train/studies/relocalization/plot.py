# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Figure of the failures of localisation, by the share of the furniture that has moved."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bgflow_train.studies.figure import save_figure
from bgflow_train.studies.relocalization.report import CLOSE, failures, shares

__all__ = ["plot"]


def plot(results: Sequence[dict[str, Any]], path: Path) -> None:
    """Write a PNG: a panel for each method, a line for each way of keeping."""
    from matplotlib import pyplot as plt

    methods, moved = results[0]["errors"], shares(results)
    size = (5.2 * len(methods), 4)
    figure, [axes] = plt.subplots(1, len(methods), figsize=size, sharey=True, squeeze=False, layout="constrained")
    for panel, (method, ways) in zip(axes, methods.items(), strict=True):
        for way in ways:
            means = [100 * np.mean(failures(results, method, way, share)) for share in moved]
            panel.plot([100 * share for share in moved], means, "o-", label=way)
        panel.set(title=method, xlabel="furniture that has moved, %", ylim=(0, 100))
        panel.grid(alpha=0.3)
    axes[0].set_ylabel(f"not localised within {100 * CLOSE:.0f} cm, %")
    axes[0].legend(fontsize=8)
    save_figure(figure, path, 80)
