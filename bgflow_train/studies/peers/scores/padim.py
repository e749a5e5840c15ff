# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Evidence from a Gaussian of background for each position in the image (PaDiM: Defard et al., 2021)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from bgflow_train.model.cell_labels import pure_cells
from bgflow_train.model.densities.stored import Stored
from bgflow_train.model.scores import Score

if TYPE_CHECKING:
    from bgflow_train.model.fitting_data import FittingData

__all__ = ["PadimScore"]


class PadimScore(Stored, Score):
    """Mahalanobis distance from the background that the fit's images show at the same position of one layer's grid.

    A position with too few samples uses the Gaussian of all positions together.

    Args:
        name: Name of the score.
        index: Index of the layer among the backbone's.
        channels: Channels of that layer.
    """

    mean: Tensor
    """Positions x channels."""
    matrix: Tensor
    """Whitening matrix of each position: positions x channels x channels."""

    kind = "padim"
    SHRINKAGE = 1e-2
    """Share of a position's mean variance added to every direction."""
    FEWEST = 2
    """Number of samples per channel below which a position has no Gaussian of its own."""

    def __init__(self, name: str, index: int, channels: int) -> None:
        super().__init__()
        self.name, self.index = name, index
        self.register_buffer("mean", torch.zeros(0, channels))
        self.register_buffer("matrix", torch.zeros(0, channels, channels))

    @property
    def learnt(self) -> PadimScore:
        """The score itself, whose buffers hold the Gaussians."""
        return self

    def fit(self, data: FittingData) -> None:
        """Fit the Gaussians in one pass over the images."""
        layer = data.backbone.layers[self.index]
        cells = self.fit_maps((maps[self.index], pure_cells(mask, layer)) for maps, mask in data.maps(self.name))
        data.check(layer, cells, "fit")

    def fit_maps(self, maps: Iterable[tuple[Tensor, npt.NDArray[np.bool_]]]) -> int:
        """Compute means and covariances from running sums, so that no map is kept.

        Args:
            maps: Feature maps of the layer, 1 x channels x h x w, each with the background cells, h x w.

        Returns:
            The number of background cells; with fewer than two the score stays as it was.
        """
        count = total = product = torch.zeros(())
        for map, background in maps:
            _, channels, height, width = map.shape
            if not count.ndim:
                count = torch.zeros(height * width, dtype=torch.float64, device=map.device)
                total, product = count.new_zeros(len(count), channels), count.new_zeros(len(count), channels, channels)
            places = torch.from_numpy(np.flatnonzero(background)).to(map.device)
            x = map[0].flatten(1).T[places].double()
            count[places] += 1
            total[places] += x
            product[places] += x[:, :, None] * x[:, None, :]
        cells = int(count.sum())
        if cells > 1:
            mean, covariance = _moments(count, total, product)
            few = count < self.FEWEST * total.shape[1]
            mean[few], covariance[few] = _moments(count.sum(), total.sum(0), product.sum(0))
            self.mean, self.matrix = mean.float().cpu(), self._whitening(covariance).float().cpu()
        return cells

    def _whitening(self, covariance: Tensor) -> Tensor:
        identity = torch.eye(covariance.shape[1], dtype=covariance.dtype, device=covariance.device)
        variance = covariance.diagonal(dim1=1, dim2=2).mean(1)[:, None, None]
        root = torch.linalg.cholesky(covariance + self.SHRINKAGE * variance * identity)
        matrix: Tensor = torch.linalg.solve_triangular(root, identity, upper=False).mT
        return matrix

    def forward(self, maps: list[Tensor]) -> Tensor:
        """Compute the distance of each cell."""
        _, channels, height, width = maps[self.index].shape
        cells = maps[self.index].reshape(channels, height * width).T
        white = (cells - self.mean)[:, None] @ self.matrix
        return white.square().sum((1, 2)).sqrt().reshape(1, 1, height, width)


def _moments(count: Tensor, total: Tensor, product: Tensor) -> tuple[Tensor, Tensor]:
    """Compute mean and covariance of ... samples from their sums."""
    mean = total / count[..., None].clamp(min=1)
    squares = product - total[..., :, None] * mean[..., None, :]
    return mean, squares / (count[..., None, None] - 1).clamp(min=1)
