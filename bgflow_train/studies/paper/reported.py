# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Results that the paper reports, as printed there: FPR95, AR and AP in per cent, AUROC as a fraction."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["MEMORY", "TABLE1", "TABLE2", "TIME", "WEIGHTS", "Reported"]

WEIGHTS = ("nyu", "ade20k", "imagenet")
"""The paper's three weight sets of the encoder, in the order of its tables."""


class Reported(NamedTuple):
    """Metrics of one system with one weight set."""

    fpr95: float
    ar: float
    ap: float
    auroc: float


def _table(rows: dict[str, tuple[tuple[float, float, float, float], ...]]) -> dict[str, dict[str, Reported]]:
    return {
        system: {weights: Reported(*cells) for weights, cells in zip(WEIGHTS, row, strict=True)}
        for system, row in rows.items()
    }


TABLE1 = _table(
    {
        "fcn": ((45.2, 37.4, 81.7, 0.87), (54.9, 37.0, 83.0, 0.86), (52.3, 37.0, 83.0, 0.86)),
        "knn 3": ((69.5, 27.3, 75.3, 0.79), (79.3, 16.2, 64.2, 0.69), (86.5, 13.1, 61.1, 0.65)),
        "knn 4": ((67.3, 28.6, 76.1, 0.77), (66.2, 22.0, 70.1, 0.75), (71.5, 19.8, 67.8, 0.73)),
        "knn 5": ((71.2, 24.6, 72.6, 0.76), (64.6, 21.7, 70.0, 0.76), (71.6, 19.8, 67.8, 0.73)),
        "knn 6": ((72.0, 23.9, 71.9, 0.76), (66.0, 21.8, 69.9, 0.75), (73.8, 18.3, 66.4, 0.71)),
        "knn ensemble": ((66.8, 28.7, 76.7, 0.80), (59.7, 25.8, 73.9, 0.79), (67.9, 23.9, 71.9, 0.76)),
        "flow 3": ((64.2, 22.2, 70.3, 0.76), (80.4, 20.2, 68.2, 0.73), (87.7, 17.1, 65.2, 0.69)),
        "flow 4": ((63.8, 20.8, 68.8, 0.74), (77.9, 20.0, 68.0, 0.74), (68.2, 23.6, 71.6, 0.76)),
        "flow 5": ((53.4, 37.3, 85.4, 0.87), (68.9, 15.5, 63.6, 0.71), (73.3, 23.5, 71.5, 0.73)),
        "flow 6": ((52.6, 37.6, 85.7, 0.86), (75.6, 14.2, 62.2, 0.68), (74.4, 18.4, 66.4, 0.71)),
        "flow ensemble": ((44.2, 39.1, 88.9, 0.89), (70.9, 16.0, 65.7, 0.72), (70.6, 24.7, 74.4, 0.76)),
    }
)
"""Evaluation on the NYU test set: 87 balanced images."""

TABLE2 = _table(
    {
        "fcn": ((80.6, 27.0, 40.8, 0.77), (74.7, 41.7, 60.5, 0.81), (65.0, 47.6, 63.4, 0.86)),
        "knn ensemble": ((61.9, 26.1, 47.2, 0.81), (49.0, 33.0, 56.6, 0.85), (53.9, 34.7, 57.3, 0.84)),
        "flow ensemble": ((56.4, 38.0, 61.6, 0.84), (49.4, 27.0, 51.8, 0.83), (46.2, 40.3, 65.0, 0.88)),
    }
)
"""Evaluation on the generalization set: 45 images with about 80 % background."""

TIME = {"fcn": 35, "flow 3": 100, "flow 4": 50, "flow 5": 30, "flow 6": 40}
TIME |= {"knn 3": 1950, "knn 4": 770, "knn 5": 250, "knn 6": 370}
"""Table III: milliseconds per image on a GTX 1080 Ti."""

MEMORY = {"fcn": 160, "flow 3": 160, "flow 4": 230, "flow 5": 230, "flow 6": 130}
MEMORY |= {"knn 3": 11000, "knn 4": 5100, "knn 5": 1360, "knn 6": 2000}
"""Table III: memory in MB; that of the flows without the encoder."""
