# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Figure of a benchmark of the node: the age of masks over time, and its distribution. Needs matplotlib."""

from __future__ import annotations

import io

import numpy as np

from bgflow_ros.tools.node_benchmark.result import NodeResult

__all__ = ["node_plot"]


def node_plot(result: NodeResult) -> bytes:
    """Plot the age of every mask as a PNG: on the left in the order of frames, on the right cumulated."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4), layout="constrained")
    over_time, cumulated = figure.subplots(1, 2)
    for rate in result.rates:
        moments, ages = np.array(rate.ages).T
        # A point a mask: a line would cross the gaps where frames have none.
        over_time.plot(moments, ages, ".", markersize=3, label=f"{rate.rate:g} Hz")
        share = 100 * np.arange(1, ages.size + 1) / ages.size
        name = f"{rate.rate:g} Hz: {rate.masks_per_second:.1f} masks/s, p95 {rate.age.p95:.0f} ms"
        cumulated.step(np.sort(ages), share, where="post", label=name)
    cumulated.axhline(95, color="0.7", linewidth=1)
    over_time.set(xlabel="frame published at, s", ylabel="age of its mask, ms")
    cumulated.set(xlabel="age of the mask, ms", ylabel="masks that are younger, %", ylim=(0, 100))
    for axes in (over_time, cumulated):
        axes.grid(color="0.9")
    over_time.set_ylim(bottom=0)
    cumulated.set_xlim(left=0)
    cumulated.legend(loc="lower right")
    figure.suptitle(
        f"{result.node['model']} on {result.node['device']} in {result.node['precision']}, camera {result.camera}",
        fontsize="medium",
    )
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=100, metadata={"Software": None})
    return file.getvalue()
