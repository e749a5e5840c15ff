# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Components of a building's background, and the guard that keeps them off foreground."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from sklearn.cluster import KMeans

from bgflow_train.adaptation.mixtures import Components, Mixture

__all__ = ["SHARE", "fit_components"]

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
