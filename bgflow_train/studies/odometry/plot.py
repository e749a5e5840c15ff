# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Figure of the errors of all rendered drives, by the share of the view that moves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bgflow_train.studies.figure import save_figure
from bgflow_train.studies.odometry.report import mean_error

__all__ = ["plot"]


def plot(results: Sequence[dict[str, Any]], path: Path) -> None:
    """Write a PNG of ATE over the moving share: a panel for each method, a line for each mask, a dot for each drive."""
    from matplotlib import pyplot as plt

    rendered = [result for result in results if "amount" in result["drive"]]
    if not rendered:
        return
    amounts = sorted({result["drive"]["amount"] for result in rendered})
    methods = list(rendered[0]["errors"])
    maskings = list(rendered[0]["errors"][methods[0]])
    figure, axes = plt.subplots(1, len(methods), figsize=(5.2 * len(methods), 4), squeeze=False, layout="constrained")
    for panel, method in zip(axes[0], methods, strict=True):
        for masking in rendered[0]["errors"][method]:
            at = {amount: [r for r in rendered if r["drive"]["amount"] == amount] for amount in amounts}
            means = [100 * mean_error(members, method, masking, "ate") for members in at.values()]
            color = f"C{maskings.index(masking)}"
            panel.plot([100 * a for a in amounts], means, color=color, label=masking, lw=2)
            for amount, members in at.items():
                dots = [100 * mean_error([member], method, masking, "ate") for member in members]
                panel.plot([100 * amount] * len(dots), dots, ".", color=color, alpha=0.35)
        panel.set(title=method, xlabel="share of the view that moves, %", yscale="log")
        panel.grid(alpha=0.3)
    axes[0][0].set_ylabel("absolute trajectory error, cm")
    axes[0][0].legend(fontsize=8)
    save_figure(figure, path, 80)
