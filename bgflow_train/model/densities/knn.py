# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""k-nearest-neighbour kernel density with cosine distance (paper, III-B1)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import faiss
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from bgflow_train.model.densities.base import Density
from bgflow_train.model.densities.stored import Stored

__all__ = ["KNN"]

# faiss multiplies matrices only above this number of queries, and the default exceeds the cells of an image; without
# the multiplication the search is six to ten times slower.
faiss.cvar.distance_compute_blas_threshold = 20


class KNN(Stored, Density):
    """p(x) proportional to the mean over the k nearest background descriptors of exp(-cosine distance).

    The density is not normalised, so that its NLL can compare descriptors, but not models. The search is exact (faiss)
    and has no gradient.

    Args:
        channels: Number of channels of a descriptor.
        neighbours: The number k. The paper does not give it; choose it by validation.
        stored: Number of randomly drawn descriptors to store at most.
    """

    exportable = False
    features: Tensor
    """Stored descriptors, n x channels, of unit length."""

    def __init__(self, channels: int, *, neighbours: int = 5, stored: int = 1_000_000) -> None:
        super().__init__()
        self.neighbours, self.stored = neighbours, stored
        self.register_buffer("features", torch.zeros(0, channels))
        self._index: Any = None

    def fit(self, x: Tensor, validation: Tensor, *, seed: int, checkpoint: Path | None = None, label: str = "") -> None:
        """Store the descriptors; there is nothing to train."""
        if len(x) > self.stored:
            x = x[torch.randperm(len(x), generator=torch.Generator().manual_seed(seed))[: self.stored]]
        self.features = F.normalize(x.float(), dim=-1)
        self._index = None

    def nll(self, x: Tensor) -> Tensor:
        """Compute the negative logarithm of the mean kernel, between 0 and 2: ... x channels to ... ."""
        return self.nlls(x, [self.neighbours])[0]

    def nlls(self, x: Tensor, neighbours: list[int]) -> list[Tensor]:
        """Compute the NLL for several k with one search."""
        queries = F.normalize(x.float(), dim=-1).reshape(-1, x.shape[-1]).cpu().numpy()
        found, _ = self._search().search(np.ascontiguousarray(queries), min(max(neighbours), len(self.features)))
        # By rounding, the cosine of two equal descriptors may exceed 1 slightly.
        kernel = torch.from_numpy(np.exp(np.minimum(found, 1) - 1)).to(x.device)
        return [-kernel[:, :k].mean(-1).log().reshape(x.shape[:-1]) for k in neighbours]

    def _search(self) -> Any:
        if self._index is None:
            self._index = faiss.IndexFlatIP(self.features.shape[1])
            self._index.add(np.ascontiguousarray(self.features.cpu().numpy()))
        return self._index

    def _load_from_state_dict(self, state: dict[str, Any], prefix: str, *rest: Any) -> None:
        self._index = None
        super()._load_from_state_dict(state, prefix, *rest)
