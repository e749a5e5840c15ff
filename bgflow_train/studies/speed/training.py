# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Time of making the parts of the default model: features, the fit, a flow; compared with a naive implementation."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from bgflow_ros.segmentation.usage import memory
from bgflow_train.data import Dataset
from bgflow_train.data.registry import open_split
from bgflow_train.model.densities import RealNVP
from bgflow_train.model.fitting import fit
from bgflow_train.model.scores import COUPLINGS, HIDDEN
from bgflow_train.networks.device import machine
from bgflow_train.networks.pyramid import Pyramid
from bgflow_train.studies.paper.features import FeatureCache, background_cells
from bgflow_train.training.recipe import Recipe
from bgflow_train.training.train_backbone import BACKBONE

__all__ = ["measure_training", "table"]

SPLITS = (("nyu", "fit"), ("nyu", "validate"))
"""Splits that together are the official 795 training images."""
LAYER = 6


class _Counted(RealNVP):
    """Flow that counts the epochs of its training."""

    run = 0

    def mean_nll(self, x: torch.Tensor) -> float:
        self.run += 1
        return super().mean_nll(x)


def measure_training(data: Path, work: Path, seed: int = 0) -> dict[str, Any]:
    """Measure each step once, in order. The times do not depend on the weights of the backbone, which are ImageNet's.

    Args:
        data: folder that holds the data sets.
        work: empty folder for some gigabytes of features and fit.
        seed: seed of the fits.

    Returns:
        JSON-ready: seconds of each step, peak memory, and the flow's epochs.
    """
    recipe = Recipe(seed=seed)
    sets = [open_split(data, *split) for split in SPLITS]
    pyramid = Pyramid().eval().requires_grad_(False)
    backbone = work / "backbone"
    BACKBONE.keep(backbone, pyramid, {"recipe": {"init": "imagenet"}, "init": pyramid.source, "data": {}})
    cache = FeatureCache(work / "features", pyramid, recipe.width, recipe.height)
    seconds = {}
    seconds["features"], _ = _timed(lambda: sum(1 for _ in _features(cache, sets)))
    seconds["features_read"], cells = _timed(lambda: background_cells(_features(cache, sets), pyramid.layers))
    seconds["fit"], _ = _timed(lambda: fit(recipe, [backbone], data, None, work / "fit"))
    index = [layer.number for layer in pyramid.layers].index(LAYER)
    drawn = np.random.default_rng(seed).permutation(len(cells[index]))[: recipe.cells * 5 // 4]
    x = torch.from_numpy(cells[index][drawn])
    fitted = len(x) * 4 // 5
    flow = _Counted(x.shape[1], couplings=COUPLINGS, hidden=HIDDEN, seed=seed)
    seconds["flow"], _ = _timed(lambda: flow.fit(x[:fitted], x[fitted:], seed=seed, label="flow"))
    return {
        "pictures": sum(len(set) for set in sets),
        "data": {set.name: set.digest() for set in sets},
        "canvas": [recipe.width, recipe.height],
        "seconds": seconds,
        "flow": {"couplings": COUPLINGS, "hidden": HIDDEN, "cells": fitted, "epochs": flow.run},
        "peak_memory_mib": memory(os.getpid()).peak * 1e6 / 2**20,
        "seed": seed,
        "machine": machine(),
    }


def table(found: dict[str, Any]) -> str:
    """Write the numbers of `measure_training` as Markdown."""
    seconds, flow = found["seconds"], found["flow"]
    naive = flow["epochs"] * seconds["features"] + seconds["flow"]
    rows = [
        ("features, computed", seconds["features"], ""),
        (
            "the same, read from the cache",
            seconds["features_read"],
            _ratio(seconds["features"], seconds["features_read"]),
        ),
        ("`bgflow fit` of the default model", seconds["fit"], ""),
        (
            f"a flow of {flow['couplings']} couplings on {flow['cells']} cached cells, {flow['epochs']} epochs",
            seconds["flow"],
            f"{_ratio(naive, seconds['flow'])} (features computed in each epoch, estimated from the rows above)",
        ),
    ]
    lines = [f"| {found['pictures']} images | seconds | the naive way takes |", "| --- | --- | --- |"]
    lines += [f"| {what} | {number:.1f} | {ratio} |" for what, number, ratio in rows]
    where = ", ".join(f"{name} {value}" for name, value in found["machine"].items())
    return "\n".join([*lines, "", f"Peak memory {found['peak_memory_mib']:.0f} MiB; {where}.", ""])


def _features(cache: FeatureCache, sets: Sequence[Dataset]) -> Iterator[Any]:
    for set in sets:
        yield from cache.features(set)


def _timed(step: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = step()
    return time.perf_counter() - start, result


def _ratio(slow: float, fast: float) -> str:
    return f"{slow / fast:.1f} times as long"
