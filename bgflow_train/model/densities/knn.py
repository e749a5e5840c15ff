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

# faiss multiplies matrices only above so many queries, by default more than a picture has; without, it is six to ten
# times slower.
faiss.cvar.distance_compute_blas_threshold = 20


class KNN(Stored, Density):
    """p(x) proportional to the mean over the k nearest background descriptors of exp(-cosine distance).

    It is no normalised density, so its NLL compares descriptors, not models. The search is exact (faiss) and takes no
    gradient.

    Args:
        channels: numbers a descriptor.
        neighbours: k. The paper does not give it; choose it by validation.
        stored: descriptors to keep at most, drawn at random.
    """

    exportable = False
    features: Tensor
    """n x channels, of unit length."""

    def __init__(self, channels: int, *, neighbours: int = 5, stored: int = 1_000_000) -> None:
        super().__init__()
        self.neighbours, self.stored = neighbours, stored
        self.register_buffer("features", torch.zeros(0, channels))
        self._index: Any = None

    def fit(self, x: Tensor, validation: Tensor, *, seed: int, checkpoint: Path | None = None, label: str = "") -> None:
        """Keep descriptors; there is nothing to learn."""
        if len(x) > self.stored:
            x = x[torch.randperm(len(x), generator=torch.Generator().manual_seed(seed))[: self.stored]]
        self.features = F.normalize(x.float(), dim=-1)
        self._index = None

    def nll(self, x: Tensor) -> Tensor:
        """Minus the log of the mean kernel: ... x channels to ... , between 0 and 2."""
        return self.nlls(x, [self.neighbours])[0]

    def nlls(self, x: Tensor, neighbours: list[int]) -> list[Tensor]:
        """The same for several k from one search."""
        queries = F.normalize(x.float(), dim=-1).reshape(-1, x.shape[-1]).cpu().numpy()
        found, _ = self._search().search(np.ascontiguousarray(queries), min(max(neighbours), len(self.features)))
        # Rounding may take the cosine of two equal descriptors a little beyond 1.
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
