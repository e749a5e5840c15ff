# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Components of a building's background, and the guard that keeps them off foreground."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.cluster import KMeans

from bgflow_ros.segmentation import masks
from bgflow_ros.segmentation.model import Model
from bgflow_train.adaptation.cells import Look, see
from bgflow_train.adaptation.checks import require_room
from bgflow_train.adaptation.mixtures import Components, Mixture, extend

__all__ = ["fit_components", "learn_components"]

COUNT = 16
"""Number of components of a flow."""
SHARE = 0.3
"""Share of background that the building's components get; the flow's own keep the rest."""
MOST = 20000
"""Number of latents that are clustered."""


def fit_components(mixture: Mixture, latents: npt.NDArray[np.float32], guarded: bool) -> tuple[Components, int]:
    """Cluster latents of background.

    Args:
        mixture: The flow's classes.
        latents: Latents of the building's background, cells x channels.
        guarded: Leave out what this flow takes for foreground, whatever the others do: furniture that stands still for
            a whole drive is seen as often as the wall behind it.

    Returns:
        The components, at least one, and the number of those left out.
    """
    if len(latents) > MOST:
        latents = latents[np.random.default_rng(0).choice(len(latents), MOST, replace=False)]
    clusters = KMeans(min(COUNT, len(latents)), n_init=1, random_state=0).fit(latents)
    means = clusters.cluster_centers_.astype(np.float64)
    weights = np.bincount(clusters.labels_, minlength=len(means)) / len(latents)
    evidence = mixture.log_ratio(means)
    kept = (evidence > 0) | (not guarded) | (evidence == evidence.max())
    return Components(means[kept], weights[kept] / weights[kept].sum()), int((~kept).sum())


def learn_components(
    model: Model,
    mixtures: Sequence[Mixture],
    images: Sequence[npt.NDArray[np.uint8]],
    empty: bool,
    advance: Callable[[], Any],
) -> tuple[Callable[[bytes], bytes], dict[str, Any]]:
    """Learn further classes of background from images, RGB, without labels.

    Args:
        model: The model.
        mixtures: Its flows to extend, all with as many cells.
        images: Images, each H x W x 3.
        empty: True where everything in them is background; otherwise it is what the model does not call foreground.
        advance: Called after each image.

    Returns:
        What adds the classes to a graph, and a JSON-ready description.

    Raises:
        AdaptationError: The images show too little.
    """
    threshold = masks.logit(model.foreground_threshold)

    def is_background(look: Look) -> npt.NDArray[np.bool_]:
        return np.asarray(empty | (look.logit > threshold))

    seen = see(model, mixtures, images, [is_background], advance)
    require_room(seen)
    [background] = seen.kinds
    fitted = [fit_components(mixture, z, not empty) for mixture, z in zip(mixtures, background.latents, strict=True)]
    more = [found for found, _ in fitted]
    return partial(extend, mixtures=mixtures, more=more, share=SHARE), {
        "cells": len(background.logits),
        "components": [len(found.weights) for found in more],
        "left_out": [left for _, left in fitted],
        "share": SHARE,
    }
