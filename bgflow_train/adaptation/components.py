# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Components of a building's background, and the guard that keeps them off foreground."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from sklearn.cluster import KMeans

from bgflow_train.adaptation.mixtures import Components, Mixture

__all__ = ["SHARE", "fit_components", "replay"]

COUNT = 16
"""Number of components of a flow."""
SHARE = 0.3
"""Share of background that the building's components get; the flow's own keep the rest."""
MOST = 20000
"""Number of latents that are clustered."""
DRAWN = 400
"""Number of latents that are drawn of each class of foreground."""
TURNED = 0.02
"""Greatest share of any class of foreground that a component may turn into background."""


def fit_components(mixture: Mixture, latents: npt.NDArray[np.float32], seed: int = 0) -> tuple[Components, int]:
    """Cluster latents of background, and leave out what lies where the flow knows foreground.

    Args:
        mixture: The flow's classes.
        latents: Latents of the building's background, cells x channels.
        seed: Seed.

    Returns:
        The components, at least one, and the number of those left out.
    """
    rng = np.random.default_rng(seed)
    if len(latents) > MOST:
        latents = latents[rng.choice(len(latents), MOST, replace=False)]
    clusters = KMeans(min(COUNT, len(latents)), n_init=1, random_state=seed).fit(latents)
    means = clusters.cluster_centers_.astype(np.float64)
    weights = np.bincount(clusters.labels_, minlength=len(means)) / len(latents)
    z, classes = replay(mixture, seed)
    before = np.subtract(*mixture.side_likelihoods(z, None, SHARE)) > 0
    turned = []
    for mean, weight in zip(means, weights, strict=True):
        one = Components(mean[None], np.ones(1))
        after = np.subtract(*mixture.side_likelihoods(z, one, SHARE * weight)) > 0
        counts = np.bincount(classes[after & ~before], minlength=len(mixture.means))
        turned.append(counts.max() / DRAWN)
    fine = np.array(turned) <= TURNED
    if not fine.any():
        fine[int(np.argmin(turned))] = True
    kept = weights[fine]
    return Components(means[fine], kept / kept.sum()), int((~fine).sum())


def replay(mixture: Mixture, seed: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Draw latents of foreground from the flow itself, which is a density, in place of images that trained it.

    Returns:
        Latents, n x channels, and the class of each.
    """
    rng = np.random.default_rng(seed)
    classes = np.repeat(np.flatnonzero(~mixture.background), DRAWN)
    return mixture.means[classes] + rng.standard_normal((len(classes), mixture.means.shape[1])), classes
